"""Writes the commands that install optional parts of hwlib; no other module writes any.

No command here sends pip to a package index for `hwlib` itself. hwlib is installed from a clone, a
wheel or a repository, and a package of that name on an index may be somebody else's. So a command
names the place that the running hwlib came from, which pip records (PEP 610).
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hwlib.progress import in_notebook

__all__ = [
    "REQUIREMENTS",
    "how_to_install",
    "install_command",
    "install_packages",
    "public_address",
    "quoted",
]

REQUIREMENTS = {
    "torch": ("torch>=2.6", "torchvision>=0.21"),
    "cvxpy": ("cvxpy>=1.5",),
}
"""The packages of each extra that a notebook may need, as in pyproject.toml."""


def how_to_install(extra: str) -> str:
    """The command that installs an extra, to end a sentence "…; run: ".

    The packages that notebooks need are named themselves. So the command works wherever hwlib came
    from.

    Parameters
    ----------
    extra : str
        "torch", "cvxpy", "otter" or "grading".

    Examples
    --------
    >>> how_to_install("cvxpy")
    'pip install "cvxpy>=1.5"'
    """
    if extra in REQUIREMENTS:
        return install_packages(REQUIREMENTS[extra])
    short = f'pip install "hwlib[{extra}]" from where hwlib came'
    record = _record()
    command = install_command(extra, record) if record else ""
    return (
        f"{short}, that is: {command}" if command else f"{short} (a clone, a wheel or a repository)"
    )


def install_packages(names: Sequence[str], options: str = "") -> str:
    """The command that installs packages. In a notebook it is for the kernel's own environment.

    Examples
    --------
    >>> install_packages(["numpy"])
    'pip install numpy'
    """
    pip = "%pip" if in_notebook() else "pip"
    return " ".join((f"{pip} install", *filter(None, [options]), *map(quoted, names)))


def quoted(text: str) -> str:
    """A word of a command line, as cmd.exe, PowerShell and the shells of Linux and macOS read it.

    cmd.exe knows no single quotes, so they are taken only where double ones do not help.

    Examples
    --------
    >>> print(quoted("numpy"), quoted("torch>=2.6"), quoted("/my folder[torch]"))
    numpy "torch>=2.6" "/my folder[torch]"
    """
    if re.fullmatch(r"[\w.:/+=@,-]+", text):
        return text
    if os.name != "nt" and re.search(r'["$`!\\]', text):
        return shlex.quote(text)
    return f'"{text}"'


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
    >>> install_command("grading", '{"url": "https://example.org/hwlib-1.0-py3-none-any.whl"}')
    'pip install "hwlib[grading] @ https://example.org/hwlib-1.0-py3-none-any.whl"'
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
            return install_packages([f"{folder}[{extra}]"], "--editable")
    return install_packages([f"hwlib[{extra}] @ {url}"])


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
