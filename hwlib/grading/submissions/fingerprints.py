"""Submissions that share what each should have of its own: the weights of a trained model, a
student's id.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from hwlib.models import fingerprint

__all__ = ["models_of", "name_twins"]

NAMED = 5  # others that are named; of more, the number
REFERENCE = "the course's own solution"


def models_of(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """What is handed in as NAME.safetensors in this folder → a hash of its numbers; files that are
    no models are left out.
    """
    found = {}
    for name in names:
        # a damaged or hostile file: the question that wants it says what is wrong with it
        with contextlib.suppress(Exception):
            found[f"weights in {name}.safetensors"] = fingerprint(folder / f"{name}.safetensors")
    return found


def name_twins(
    unique: Mapping[str, Mapping[str, str]], reference: Mapping[str, str]
) -> dict[str, list[str]]:
    """Student → a line for each thing that others have too.

    Parameters
    ----------
    unique : dict
        Student → what it is → its value.
    reference : dict
        The same of the course's own solution.
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
