"""Every error that hwlib raises on purpose.

HwlibError                   one line: where, what was expected, what was found, what to do next
├── CheckFailed              a check in a test cell did not hold (also an AssertionError)
├── CannotCheck              what a test needs is not on this machine: the question waits
├── DataError
│   ├── DataUnavailable      no source had the data; lists what was tried
│   └── DataCorrupt          the content is not the data set's (wrong SHA-256)
├── ModelError               a model file that is missing or damaged, or arrays that can't be saved
├── MissingExtra             an optional part is not installed; says the install command
├── CourseError              misuse of a course: no course.toml, unknown assignment, missing file
├── AuthoringError           a fault in what an instructor wrote, with file and line
├── SubmissionError          a submission that is not a readable notebook
└── GradingError             the grader itself can't go on (never a student's mistake)
"""

from __future__ import annotations

from pathlib import Path

__all__ = [
    "AuthoringError",
    "CannotCheck",
    "CheckFailed",
    "CourseError",
    "DataCorrupt",
    "DataError",
    "DataUnavailable",
    "GradingError",
    "HwlibError",
    "MissingExtra",
    "ModelError",
    "SubmissionError",
]


class HwlibError(Exception):
    """Base of all errors that hwlib raises on purpose."""


class CheckFailed(HwlibError, AssertionError):
    """A check in a test cell did not hold.

    Parameters
    ----------
    symptom : str
        What is wrong, in words that reveal no hidden value.
    hint : str
        A likely cause, where the mistake is a known one; else "".
    detail : str
        More, for visible checks only: it may quote the expected value.
    """

    def __init__(self, symptom: str, hint: str = "", detail: str = "") -> None:
        self.symptom, self.hint, self.detail = symptom, hint, detail
        super().__init__("\n".join(part for part in (symptom, detail, hint) if part))

    def _render_traceback_(self) -> list[str]:
        """What IPython prints instead of a traceback: the message alone, in red."""
        return [
            f"\x1b[0;31m✗ {self.symptom}\x1b[0m",
            *(part for part in (self.detail, self.hint) if part),
        ]


class CannotCheck(HwlibError):
    """A test can't decide on this machine; the grader gives no points and no zero, and the question
    waits for a later run or a human.
    """

    def _render_traceback_(self) -> list[str]:
        """What IPython prints instead of a traceback: the message alone."""
        return [f"\x1b[0;33m? {self}\x1b[0m"]


class DataError(HwlibError):
    """A data set can't be had as it should be."""


class DataUnavailable(DataError):
    """No source had the data set."""


class DataCorrupt(DataError):
    """Content that is not the data set's."""


class MissingExtra(HwlibError):
    """An optional part of hwlib is not installed."""


class ModelError(HwlibError):
    """A model file that is missing, damaged or not what it says, or arrays that can't be saved as
    one.
    """


class CourseError(HwlibError):
    """A course, assignment or file that is not there or not as it should be."""


class AuthoringError(HwlibError):
    """A fault in an assignment's own files.

    Parameters
    ----------
    path : Path
        The file, shown relative to the assignments folder's parent where possible.
    line : int
        Line in that file, from 1; 0 when the whole file is meant.
    message : str
        What was expected, what was found, what to do next.
    """

    def __init__(self, path: Path, line: int, message: str) -> None:
        self.path, self.line, self.message = path, line, message
        shown = Path(*path.parts[-2:])
        super().__init__(f"{shown}:{line}: {message}" if line else f"{shown}: {message}")


class SubmissionError(HwlibError):
    """A submission that is not a readable notebook."""


class GradingError(HwlibError):
    """The grader itself can't go on."""
