"""Chooses the best of several hand-ins by one student: grades them, and exchanges folders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from hwlib.grading.course import Assignment
from hwlib.grading.grade import grade_many
from hwlib.grading.records.cache import new_seed
from hwlib.grading.submissions.files import submission_in

__all__ = ["exchange", "scores"]


def scores(
    assignment: Assignment, hand_ins: Mapping[str, Iterable[Path]], hidden: tuple[Path, ...] = ()
) -> dict[Path, float]:
    """The points that tests give to each hand-in, by its folder. All get the same hidden inputs.

    Parameters
    ----------
    assignment : Assignment
    hand_ins : mapping of str to iterable of Path
        Student → folders with one hand-in each.
    hidden : tuple of Path
        More folders that student code must not see.

    Raises
    ------
    GradingError
        If student code can't be confined on this machine.
    """
    found = [
        submission_in(folder, assignment, student)
        for student, folders in hand_ins.items()
        for folder in folders
    ]
    return {
        one.folder: outcome.result.score
        for one, outcome in grade_many(assignment, found, seed=new_seed(), hidden=hidden)
    }


def exchange(one: Path, other: Path) -> None:
    """Exchange two folders on the same disk."""
    aside = other.with_name(f".{other.name}.aside")
    other.rename(aside)
    one.rename(other)
    aside.rename(one)
