"""The part of Pyodide that `make lite` needs, downloaded once into a folder.

Every file is checked. CORE has the hashes of Pyodide's package for npm, which jsDelivr serves file
by file; one of these files is the lock, which has the hashes of all wheels.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pooch

__all__ = ["CORE", "LOCK", "closure", "download"]

VERSION = "314.0.6"  # the one that jupyterlite-pyodide-kernel 0.8.6 was made for
CORE_ADDRESS = f"https://cdn.jsdelivr.net/npm/pyodide@{VERSION}/"
WHEEL_ADDRESS = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full/"
LOCK = "pyodide-lock.json"
CORE = {  # file: SHA-256
    LOCK: "3fdaef09e9e365c85e002737720f8d0ab8f278c1c244a2dde6a37663cf488ad4",
    "pyodide.mjs": "69e3f6ccec3e14b465df60be577ca62f536251406b9a00cce019eac5252a2495",
    "pyodide.asm.mjs": "2ac5eba365ec12839c75c03b39b3be1dd63b798852cc460b014b52238be042f7",
    "pyodide.asm.wasm": "3a0a00dfeaa348ac20f9ef09904233d32d33f644339662d4af368f8a2010f37a",
    "python_stdlib.zip": "80c5be6babfe03297069703410c3c29404dcf2525d2b128746bae5536f94831f",
}


def download(
    folder: Path,
    names: list[str],
    core: str = CORE_ADDRESS,
    wheels: str = WHEEL_ADDRESS,
    hashes: Mapping[str, str] = CORE,
) -> Path:
    """Download Pyodide with these packages and all that they need; gives the folder.

    Files that are there and whole stay. It raises ValueError if a file has another hash than it
    should, and OSError if the host does not answer.
    """
    for file, sha256 in hashes.items():
        _fetch(core + file, sha256, folder)
    packages = closure(json.loads((folder / LOCK).read_text(encoding="utf-8"))["packages"], names)
    for one in packages.values():
        _fetch(wheels + one["file_name"], one["sha256"], folder)
    return folder


def _fetch(address: str, sha256: str, folder: Path) -> None:
    name = address.rpartition("/")[2]
    pooch.retrieve(address, known_hash=f"sha256:{sha256}", fname=name, path=folder)


def closure(packages: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
    """The entries of these packages in the lock, and of all packages that they need."""
    found: dict[str, Any] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = packages[name]
            waiting += [one.lower().replace("_", "-") for one in found[name]["depends"]]
    return dict(sorted(found.items()))
