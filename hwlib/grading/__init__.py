"""The instructor's half: building assignments, grading submissions, reporting.

    from hwlib.grading import find_course, build, verify, grade_assignment

Needs the extra [grading]. These names are loaded on first use; the rooms are described in
ARCHITECTURE.md.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hwlib.grading.authoring.build import build, build_notebooks
    from hwlib.grading.course import Assignment, Course, find_course
    from hwlib.grading.grade import GradeOptions, grade_assignment, grade_many, grade_notebook_file
    from hwlib.grading.proof.simulate import simulate
    from hwlib.grading.proof.verify import verify
    from hwlib.grading.results import GradeReport, SubmissionResult

__all__ = [
    "Assignment",
    "Course",
    "GradeOptions",
    "GradeReport",
    "SubmissionResult",
    "build",
    "build_notebooks",
    "find_course",
    "grade_assignment",
    "grade_many",
    "grade_notebook_file",
    "simulate",
    "verify",
]

_HOMES = {  # name: the module below this one that defines it
    "Assignment": "course",
    "Course": "course",
    "GradeOptions": "grade",
    "GradeReport": "results",
    "SubmissionResult": "results",
    "build": "authoring.build",
    "build_notebooks": "authoring.build",
    "find_course": "course",
    "grade_assignment": "grade",
    "grade_many": "grade",
    "grade_notebook_file": "grade",
    "simulate": "proof.simulate",
    "verify": "proof.verify",
}


def __getattr__(name: str) -> Any:
    """Import one of these names on first use: a worker's process needs none of them."""
    if name not in _HOMES:
        raise AttributeError(f"module 'hwlib.grading' has no attribute {name!r}")
    value = getattr(import_module(f"hwlib.grading.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
