"""Writes the commands that install optional parts of hwlib; no other module writes any.

No command here sends pip to a package index for `hwlib` itself. hwlib is installed from a clone, a
wheel or a repository, and a package of that name on an index may be somebody else's. So a command
names the place that the running hwlib came from, which pip records (PEP 610).
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

__all__ = ["REQUIREMENTS", "how_to_install", "install_command", "public_address"]

REQUIREMENTS = {
    "torch": ("torch>=2.6", "torchvision>=0.21"),
    "cvxpy": ("cvxpy>=1.5",),
}
"""The packages of each extra that a notebook may need, as in pyproject.toml."""


def how_to_install(extra: str) -> str:
    """The command that installs an extra, to end a sentence "…; run: ".

    Parameters
    ----------
    extra : str
        "torch", "cvxpy", "otter" or "grading".
    """
    short = f"pip install 'hwlib[{extra}]' from where hwlib came"
    record = _record()
    command = install_command(extra, record) if record else ""
    return (
        f"{short}, that is: {command}" if command else f"{short} (a clone, a wheel or a repository)"
    )


def install_command(extra: str, record: str) -> str:
    """The exact command that installs an extra from the place that hwlib came from.

    It is "" if that place no longer exists.

    Parameters
    ----------
    extra : str
    record : str
        The text of direct_url.json.

    Examples
    --------
    >>> install_command("torch", '{"url": "https://example.org/hwlib-1.0-py3-none-any.whl"}')
    "pip install 'hwlib[torch] @ https://example.org/hwlib-1.0-py3-none-any.whl'"
    """
    from urllib.parse import urlsplit  # here, because it is slow to load and seldom needed
    from urllib.request import url2pathname

    values = json.loads(record)
    url = _address(values)
    if url.startswith("file:"):
        folder = url2pathname(urlsplit(url).path)
        if not Path(folder).exists():
            return ""
        if values.get("dir_info", {}).get("editable"):
            return f"pip install --editable {shlex.quote(f'{folder}[{extra}]')}"
    return f"pip install {shlex.quote(f'hwlib[{extra}] @ {url}')}"


def public_address() -> str:
    """The address from which other machines can install this hwlib.

    It is "" if hwlib came from a folder or file on this machine, or from an index.
    """
    record = _record()
    address = _address(json.loads(record)) if record else ""
    return address if address.startswith(("https://", "git+https://")) else ""


def _address(values: dict[str, Any]) -> str:
    """The address for pip after `hwlib @ `, made from the values of direct_url.json."""
    url, vcs = str(values["url"]), values.get("vcs_info")
    if vcs:
        return f"{vcs['vcs']}+{url}@{vcs.get('requested_revision') or vcs['commit_id']}"
    return url


def _record() -> str | None:
    """The text in which pip recorded where hwlib came from, or None."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        return distribution("hwlib").read_text("direct_url.json")
    except PackageNotFoundError:
        return None
