"""Writes otter-grader's autograder zip for Gradescope: what `otter generate` makes, and hwlib."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hwlib.atomic import write_whole
from hwlib.errors import CourseError
from hwlib.grading.answer_key import load_key
from hwlib.grading.course import Assignment
from hwlib.grading.engines.otter_zip import generated_zip, otter_notes
from hwlib.grading.outlets.own_wheel import own_wheel
from hwlib.grading.outlets.pinned import pinned_requirements
from hwlib.grading.outlets.same_bytes import zip_bytes

__all__ = ["OtterZip", "write_otter_zip"]

PROGRAMS = ("setup.sh", "run_autograder")


@dataclass(frozen=True, slots=True)
class OtterZip:
    """A zip file that was written."""

    path: Path
    size_bytes: int
    points: float  # of the questions that tests grade
    manual_points: float
    notes: tuple[str, ...]  # in which otter can't follow
    isolation: str = "T0"


def write_otter_zip(assignment: Assignment, target: Path) -> OtterZip:
    """Write otter's zip of an assignment. The same content gives the same bytes.

    Raises
    ------
    MissingExtra
        If otter-grader is not installed.
    CourseError
        If the assignment is not built, or the file can't be written.
    """
    if assignment.has_several:
        raise CourseError(
            f"{assignment.slug} has several notebooks ({assignment.files}), and otter's zip grades "
            "one; use `hw gradescope` without --otter"
        )
    key = load_key(assignment)
    name, wheel = own_wheel()
    requirements = [*pinned_requirements(assignment, key), f"/autograder/source/files/{name}"]
    content = zip_bytes(generated_zip(assignment, requirements, {name: wheel}), PROGRAMS)
    try:
        write_whole(target, content)
    except OSError as error:
        raise CourseError(
            f"{target}: cannot write this file ({error.strerror}); name a file in a folder that "
            "you can write to"
        ) from error
    by_hand = key.max_by_hand
    return OtterZip(
        target,
        len(content),
        key.max_score - by_hand,
        by_hand,
        tuple(otter_notes(assignment, key)),
    )
