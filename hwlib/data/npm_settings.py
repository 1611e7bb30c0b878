"""Reads two settings of npm: the address of the registry, and a file of certificates.

They are looked for where npm looks: in the environment, then in the user's own .npmrc. Where
neither names a registry it is npm's public one. No other line of the file is kept.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from hwlib.data.definitions import NpmPackage

__all__ = ["PUBLIC_REGISTRY", "certificates", "registry", "tarball_address"]

PUBLIC_REGISTRY = "https://registry.npmjs.org"  # npm's own default
_LIMIT_BYTES = 2**20


def registry() -> str:
    """The address of the npm registry, without a slash at its end."""
    return next(
        (
            found.rstrip("/")
            for found in _settings("registry")
            if re.match(r"https?://[^\s/]", found)
        ),
        PUBLIC_REGISTRY,
    )


def certificates() -> str:
    """A file of certificates that npm trusts, or "" if it has no such setting."""
    return next((found for found in _settings("cafile") if Path(found).is_file()), "")


def tarball_address(package: NpmPackage) -> str:
    """The address of a package's archive in the registry."""
    return f"{registry()}/{package.name}/-/{package.name}-{package.version}.tgz"


def _settings(name: str) -> Iterator[str]:
    """The values of a setting that are not empty, the one that npm prefers first."""
    yield from _of_environment(name)
    for line in _lines():
        key, equals, value = line.partition("=")
        if equals and key.strip() == name and value.strip():
            yield re.sub(
                r"\$\{(\w+)\}",
                lambda found: os.environ.get(found[1], found[0]),
                value.strip().strip("\"'"),
            )


def _of_environment(name: str) -> Iterator[str]:
    """The value of a setting in the environment; npm takes capital letters, too."""
    for key, value in os.environ.items():
        if key.lower() == f"npm_config_{name}" and value:
            yield value


def _lines() -> list[str]:
    """The lines of the user's .npmrc; none if there is no such file."""
    try:
        path = next(_of_environment("userconfig"), "") or Path.home() / ".npmrc"
        with Path(path).open("rb") as stream:
            return stream.read(_LIMIT_BYTES).decode("utf-8", "replace").splitlines()
    except (OSError, RuntimeError):  # RuntimeError: this user has no home directory
        return []
