"""Remarks of a test that cost no points but that the instructor should look at.

    check.unique("student id", student_id)          # reported if two students have the same
    check.remark("More test images are right than training images.")

The grader collects it: `checks.context`.
"""

from __future__ import annotations

from hwlib.checks.context import current

__all__ = ["remark", "unique"]

_LENGTH = 300


def remark(text: str) -> None:
    """Print a remark that a human should look at, and list it among the submission's problems."""
    current().noted.remarks.append(text[:_LENGTH])
    print(f"⚑ {text[:_LENGTH]}")  # noqa: T201  this is what the student sees


def unique(what: str, value: object) -> None:
    """Note a value that no two students should share.

    If two students do, the report of the class names them to the instructor.

    Parameters
    ----------
    what : str
        Names the value: "student id".
    value : object
        Compared by its text.
    """
    current().noted.unique[what] = str(value)[:_LENGTH]
