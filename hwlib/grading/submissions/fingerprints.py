"""Finds submissions that share values which should differ: weights of a model, a student's id.

Weights need not be equal for that: `sketches` finds those that are almost equal.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from hwlib.grading.submissions.sketches import near_pairs, sketch
from hwlib.models import fingerprint

__all__ = ["models_of", "name_twins"]

NAMED = 5  # number of other students that are named; further ones are counted
REFERENCE = "the course's own solution"
_SKETCH = "sketch of "  # begins the label of a sketch


def models_of(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Label → hash or sketch of the numbers, for each model file NAME.safetensors in a folder.

    Files that are not models are left out.
    """
    found = {}
    for name in names:
        path, what = folder / f"{name}.safetensors", f"weights in {name}.safetensors"
        # a damaged or hostile file: its question reports the fault
        with contextlib.suppress(Exception):
            found[what] = fingerprint(path)
            found[_SKETCH + what] = sketch(path)
    return found


def name_twins(
    unique: Mapping[str, Mapping[str, str]],
    reference: Mapping[str, str],
    teams: Iterable[Iterable[str]] = (),
) -> dict[str, list[str]]:
    """Student → a line for each value that other students have, too.

    Parameters
    ----------
    unique : dict
        Student → label → value, such as "student id" → "ab123".
    reference : dict
        Label → value, for the course's own solution.
    teams : iterable of iterable of str
        Students who hand in together, and so share everything.
    """
    team_of = {student: number for number, team in enumerate(teams) for student in team}

    def others(student: str, owners: Iterable[str]) -> list[str]:
        team = team_of.get(student)
        return [
            name
            for name in owners
            if name != student and (team is None or team_of.get(name) != team)
        ]

    owners: dict[tuple[str, str], list[str]] = defaultdict(list)
    sketches: dict[str, dict[str, str]] = defaultdict(dict)  # label of the weights → owner → sketch
    everybody = {REFERENCE: reference, **unique}
    for student, values in everybody.items():
        for what, value in values.items():
            if what.startswith(_SKETCH):
                sketches[what.removeprefix(_SKETCH)][student] = value
            else:
                owners[what, value].append(student)
    lines = {
        student: [
            f"{what}: shared with {_named(others(student, owners[what, value]))}"
            for what, value in values.items()
            if not what.startswith(_SKETCH) and others(student, owners[what, value])
        ]
        for student, values in unique.items()
    }
    for what, theirs in sketches.items():
        hashes = {student: everybody[student].get(what) for student in theirs}
        for student, said in _almost_equal(theirs, hashes).items():
            if student in lines:
                lines[student].append(f"{what}: {said}")
    return lines


def _almost_equal(sketches: Mapping[str, str], hashes: Mapping[str, str | None]) -> dict[str, str]:
    """Owner → what is said of the owners whose weights are almost equal, but not equal."""
    near: dict[str, dict[str, float]] = defaultdict(dict)  # owner → other owner → difference
    for pair in near_pairs(sketches):
        if hashes[pair.one] != hashes[pair.other]:
            near[pair.one][pair.other] = near[pair.other][pair.one] = pair.difference
    return {
        owner: f"almost those of {_named(others)} (layer by layer, the extreme weights and the "
        f"means of sorted weights differ by at most {100 * max(others.values()):.1g} %)"
        for owner, others in near.items()
    }


def _named(others: Iterable[str]) -> str:
    names = list(others)
    return ", ".join(names[:NAMED]) + (
        f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    )
