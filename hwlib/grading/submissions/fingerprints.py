"""Finds submissions that share values which should differ: weights of a model, a student's id."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from hwlib.models import fingerprint

__all__ = ["models_of", "name_twins"]

NAMED = 5  # number of other students that are named; further ones are counted
REFERENCE = "the course's own solution"


def models_of(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Label → hash of the numbers, for each model file NAME.safetensors in a folder.

    Files that are not models are left out.
    """
    found = {}
    for name in names:
        # a damaged or hostile file: its question reports the fault
        with contextlib.suppress(Exception):
            found[f"weights in {name}.safetensors"] = fingerprint(folder / f"{name}.safetensors")
    return found


def name_twins(
    unique: Mapping[str, Mapping[str, str]], reference: Mapping[str, str]
) -> dict[str, list[str]]:
    """Student → a line for each value that other students have, too.

    Parameters
    ----------
    unique : dict
        Student → label → value, such as "student id" → "ab123".
    reference : dict
        Label → value, for the course's own solution.
    """
    owners: dict[tuple[str, str], list[str]] = defaultdict(list)
    for student, values in [(REFERENCE, reference), *unique.items()]:
        for what, value in values.items():
            owners[what, value].append(student)
    return {
        student: [
            f"{what}: shared with {_named(name for name in owners[what, value] if name != student)}"
            for what, value in values.items()
            if len(owners[what, value]) > 1
        ]
        for student, values in unique.items()
    }


def _named(others: Iterable[str]) -> str:
    names = list(others)
    return ", ".join(names[:NAMED]) + (
        f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    )
