"""Check what works on this machine, and say how to fix what does not.

Each fix works for a student: it needs neither the command `hw` nor an extra of hwlib.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import hwlib
from hwlib.extras import how_to_install, install_packages
from hwlib.live import factor_in_words, slowness
from hwlib.progress import in_notebook

__all__ = ["Finding", "doctor", "findings", "print_findings"]

_NEEDED = ("numpy", "scipy", "matplotlib", "safetensors", "tqdm")
_DOWNLOADS = () if sys.platform == "emscripten" else ("pooch",)  # a browser downloads no data
_TOGETHER = ("torch>=2.6", "torchvision>=0.21")
_NEEDED_GB = 1.0


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
    return [
        Finding(
            "Python",
            sys.version_info >= (3, 11),
            f"{platform.python_version()}, {sys.executable}",
            "install Python 3.11 or newer from https://www.python.org/downloads/",
        ),
        Finding("hwlib", True, f"{hwlib.__version__}, {Path(hwlib.__file__).parent}"),
        *(_library(name, install_packages([name])) for name in (*_NEEDED, *_DOWNLOADS)),
        _jupyter(),
        _library("torch", how_to_install("torch"), needed=False),
        _torchvision(),
        _library("cvxpy", how_to_install("cvxpy"), needed=False),
        _speed(),
        _disk(),
        *_data(),
    ]


def _library(name: str, fix: str, needed: bool = True) -> Finding:
    try:
        return Finding(name, importlib.util.find_spec(name) is not None, version(name), fix, needed)
    except PackageNotFoundError:
        return Finding(name, False, "not installed", fix, needed)


def _jupyter() -> Finding:
    """Whether notebooks can be opened; in a notebook there is no doubt."""
    if in_notebook():
        return Finding("Jupyter", True, "this notebook runs")
    for name in ("jupyterlab", "notebook"):
        found = _library(name, install_packages(["jupyterlab"]), needed=False)
        if found.ok:
            return Finding("Jupyter", True, f"{name} {found.found}; start it with: jupyter lab")
    return Finding("Jupyter", False, "not installed", install_packages(["jupyterlab"]), False)


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
            f"{install_packages(_TOGETHER, '--force-reinstall')}"
        )
        return Finding(
            "torchvision",
            False,
            f"version {found.found} cannot be imported: {error}",
            fix,
            needed=False,
        )
    return found


def _speed() -> Finding:
    """Whether computing takes about as long here as notebooks say."""
    factor = slowness()
    return Finding(
        "speed",
        factor < 2,
        f"computing takes {factor_in_words(factor)} here as the notebooks say",
        "close other programs that use the processor",
        needed=False,
    )


def _disk() -> Finding:
    """The free space on the disk of the cache, where the data sets go."""
    from hwlib.data.cache import cache_folder

    folder = cache_folder()
    there = next((place for place in (folder, *folder.parents) if place.is_dir()), Path.home())
    free_gb = shutil.disk_usage(there).free / 1e9
    return Finding(
        "disk",
        free_gb > _NEEDED_GB,
        f"{free_gb:.1f} GB free in {there}",
        f"free at least {_NEEDED_GB:.0f} GB, or set HWLIB_CACHE to a folder on another disk; the "
        "data sets take 0.24 GB",
    )


def _data() -> Iterable[Finding]:
    """Where each data set is. If one is missing, hosts are asked whether they answer."""
    from hwlib import data

    for status in data.status():
        if sys.platform == "emscripten":
            where = "the sample in the package; a browser can't download more"
            yield Finding(status.title, True, where, needed=False)
            continue
        if status.state == "whole":
            where = f"{status.folder} ({status.origin})"
            yield Finding(status.title, True, where, needed=False)
            continue
        fix = f"run: {data.fetch_command(status.name)}"
        if silence := data.unreachable(status.name):
            fix = f"{silence}; connect to the network, then {fix}"
        if status.state == "missing" and os.environ.get("HWLIB_DATA"):
            fix = status.detail if status.detail.startswith("HWLIB_DATA") else fix
        state = status.detail.partition("; run: ")[0] if status.state == "damaged" else "not here"
        yield Finding(
            status.title,
            False,
            f"{state}; hwlib uses the small sample in the package instead",
            fix,
            needed=False,
        )


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
    """Print what works here and how to fix what does not. It takes at most four seconds."""
    good = print_findings(findings())
    sys.stdout.write(
        "Everything that hwlib needs is here. What has a – is needed by some assignments only.\n"
        if good
        else "Do what the arrows say, restart the kernel, and run hwlib.doctor() again.\n"
    )
