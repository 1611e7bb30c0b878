"""Whether another machine grades as this one: the same hwlib, libraries, data and isolation."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import hwlib
from hwlib import data
from hwlib.grading.sandbox.confine import Tier

__all__ = ["Machine", "describe", "differences"]

# other versions of these may compute other numbers
LIBRARIES = ("numpy", "scipy", "torch", "torchvision", "cvxpy", "pandas", "scikit-learn")


@dataclass(frozen=True, slots=True)
class Machine:
    """What grades depend on, besides the course and the submissions."""

    hwlib: str  # its version
    sources: str  # hash of its files
    python: str
    libraries: dict[str, str]  # name → version, "" where it is not installed
    data: dict[str, tuple[str, str]]  # data set → state of the full data, and of the sample


def describe(data_sets: tuple[str, ...] = ()) -> Machine:
    """The machine that this runs on."""
    return Machine(
        hwlib.__version__,
        _sources(),
        f"{sys.version_info.major}.{sys.version_info.minor}",
        {name: _version(name) for name in LIBRARIES},
        {one.name: (one.state, one.sample_state) for one in data.status(data_sets)}
        if data_sets
        else {},
    )


@cache
def _sources() -> str:
    digest = hashlib.sha256()
    package = Path(hwlib.__file__).parent
    for path in sorted(package.rglob("*.py")):
        digest.update(str(path.relative_to(package)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def differences(ours: Machine, theirs: Machine) -> list[str]:
    """Why grades of the other machine might not be those of this one, each with what to do."""
    if theirs.hwlib != ours.hwlib:
        return [
            f"it has hwlib {theirs.hwlib}, and this machine has {ours.hwlib}; install the same "
            "there"
        ]
    found = []
    if theirs.sources != ours.sources:
        found.append(
            f"its hwlib {theirs.hwlib} has other files than the one here; install it there from "
            "the same place"
        )
    if theirs.python != ours.python:
        found.append(f"it has Python {theirs.python}, and this machine has {ours.python}")
    for name, here in ours.libraries.items():
        there = theirs.libraries.get(name, "")
        if there != here:
            found.append(
                f"it has {name} {there or '(not installed)'}, and this machine has "
                f"{here or 'none'}; install the same there"
            )
    for name, states in ours.data.items():
        other = theirs.data.get(name, ("missing", "missing"))
        if other != states:
            found.append(
                f"its data set {name} is {_in_words(other)}, and here it is {_in_words(states)}; "
                f"run `hw data fetch {name}` where it is missing"
            )
    return found


def _in_words(states: tuple[str, str]) -> str:
    full, sample = states
    return full if sample == "whole" else f"{full} (sample: {sample})"


def is_weaker(tier: str, wanted: Tier) -> bool:
    """Whether student code is less confined in the one tier than in the other.

    >>> is_weaker("T1", "T3"), is_weaker("T3", "T3")
    (True, False)
    """
    return tier < wanted
