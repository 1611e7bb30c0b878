"""What a test sees that costs no points but that the instructor should look at; the grader collects
it.

check.unique("student id", student_id)          # named where two students have the same
check.remark("More test images are right than training images.")
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Remarks", "collect_remarks", "remark", "unique"]

_LENGTH = 300


@dataclass(slots=True)
class Remarks:
    """What was noted since the last `collect_remarks`."""

    texts: list[str] = field(default_factory=list)
    unique: dict[str, str] = field(default_factory=dict)  # what it is → its value


_noted = Remarks()


def remark(text: str) -> None:
    """Say something that is worth a human's look; it is printed, and stands among the problems of a
    submission's result.
    """
    _noted.texts.append(text[:_LENGTH])
    print(f"⚑ {text[:_LENGTH]}")  # noqa: T201  this is what the student sees


def unique(what: str, value: object) -> None:
    """Note a value that no two students should share; where two do, the report of the class names
    them to the instructor.

    Parameters
    ----------
    what : str
        Names the value: "student id".
    value : object
        Compared by its text.
    """
    _noted.unique[what] = str(value)[:_LENGTH]


def collect_remarks() -> Remarks:
    """Everything noted since the last call."""
    global _noted
    found, _noted = _noted, Remarks()
    return found
