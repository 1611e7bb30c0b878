"""Check what works on this machine, and say how to fix what does not."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import hwlib
from hwlib.extras import how_to_install

__all__ = ["Finding", "doctor", "findings", "print_findings"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    name: str
    ok: bool
    found: str
    fix: str = ""  # what to do if it is not ok
    needed: bool = True  # False: only some assignments or commands need it


def findings() -> list[Finding]:
    """Check Python, the libraries, the free disk space and the data sets."""
    free_gb = shutil.disk_usage(Path.home()).free / 1e9
    return [
        Finding(
            "Python",
            sys.version_info >= (3, 11),
            platform.python_version(),
            "install Python 3.11 or newer",
        ),
        Finding("hwlib", True, hwlib.__version__),
        _library("numpy", "pip install numpy"),
        _library("matplotlib", "pip install matplotlib"),
        _library("torch", how_to_install("torch"), needed=False),
        _torchvision(),
        Finding(
            "disk",
            free_gb > 1,
            f"{free_gb:.1f} GB free in {Path.home()}",
            "free at least 1 GB of disk space; the data sets take 0.24 GB",
        ),
        *_data(),
    ]


def _library(name: str, fix: str, needed: bool = True) -> Finding:
    try:
        return Finding(name, importlib.util.find_spec(name) is not None, version(name), fix, needed)
    except PackageNotFoundError:
        return Finding(name, False, "not installed", fix, needed)


def _torchvision() -> Finding:
    """Import torchvision: one that was built for another torch is installed, but does not work."""
    found = _library("torchvision", how_to_install("torch"), needed=False)
    if not found.ok:
        return found
    try:
        importlib.import_module("torchvision")
    except Exception as error:  # noqa: BLE001  the point is to report it
        fix = (
            "install torch and torchvision together, from the same place: "
            f"{how_to_install('torch')}"
        )
        return Finding(
            "torchvision",
            False,
            f"version {found.found} cannot be imported: {error}",
            fix,
            needed=False,
        )
    return found


def _data() -> Iterable[Finding]:
    from hwlib import data

    for status in data.status():
        whole = status.state == "whole"
        where = (
            f"{status.folder} ({status.origin})"
            if whole
            else status.detail
            or f"{status.state}; hwlib uses the small sample in the package instead"
        )
        yield Finding(status.title, whole, where, f"hw data fetch {status.name}", needed=False)


def print_findings(found: Iterable[Finding]) -> bool:
    """Print one line for each finding; returns whether everything that hwlib needs works."""
    good = True
    for item in found:
        mark = "✓" if item.ok else ("✗" if item.needed else "–")
        fix = "" if item.ok else f"\n    → {item.fix}"
        sys.stdout.write(f"{mark} {item.name}: {item.found}{fix}\n")
        good = good and (item.ok or not item.needed)
    return good


def doctor() -> None:
    """Print what works here and how to fix what does not."""
    print_findings(findings())
