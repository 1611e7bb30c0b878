"""Every error that hwlib raises on purpose.

    HwlibError                   one line: where, what was expected, what was found, what to do next
    ├── CheckFailed              a check in a test cell failed (also an AssertionError)
    ├── CannotCheck              this machine lacks what a test needs, so the question waits
    ├── DataError
    │   ├── DataUnavailable      no source had the data; lists what was tried
    │   └── DataCorrupt          the content of a data set is wrong (another SHA-256)
    ├── ModelError               a model file is missing or damaged, or a model cannot be saved
    ├── MissingExtra             an optional part is not installed; has the install command
    ├── CourseError              a course, assignment or file is missing or wrong
    ├── AuthoringError           a fault in an instructor's file, with file and line
    ├── SubmissionError          a submission is not a readable notebook
    └── GradingError             the grader cannot continue (never a student's mistake)
        ├── RecordingError       a result cannot be written: disk full, gradebook locked
        │   └── GradebookBusy    another `hw grade` writes to the same gradebook
        ├── ZygoteGone           the process that workers are forked from died
        ├── MeasureRefused       the kernel refuses something that an isolation tier needs
        └── WireError            a fault in a message between grader and worker
            ├── Unsendable       the grader has a value that cannot be sent
            ├── ConnectionClosed the other side is gone
            └── DeadlinePassed   no answer in time

    NameMissing (NameError)      a test uses a name that the student's notebook does not define
    StudentRaised (Exception)    student code raised; also of the built-in type that it raised
    WorkerLost (BaseException)   a test cannot continue, and must not be able to catch this error
    ├── WorkerTimeout            no answer before the question's time was up
    ├── WorkerEnded              the process with the student's code ended
    └── WorkerMisbehaved         it sent what the protocol does not allow

The first tree is for everybody. Only the grader raises and catches the second part.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

__all__ = [
    "AuthoringError",
    "CannotCheck",
    "CheckFailed",
    "ConnectionClosed",
    "CourseError",
    "DataCorrupt",
    "DataError",
    "DataUnavailable",
    "DeadlinePassed",
    "GradebookBusy",
    "GradingError",
    "HwlibError",
    "MeasureRefused",
    "MissingExtra",
    "ModelError",
    "NameMissing",
    "RecordingError",
    "StudentRaised",
    "SubmissionError",
    "Unsendable",
    "WireError",
    "WorkerEnded",
    "WorkerLost",
    "WorkerMisbehaved",
    "WorkerTimeout",
    "ZygoteGone",
    "headline",
    "with_detail",
]


class HwlibError(Exception):
    """Base of all errors that hwlib raises on purpose."""


class CheckFailed(HwlibError, AssertionError):
    """A check in a test cell failed.

    Parameters
    ----------
    symptom : str
        A description of what is wrong, which reveals no hidden value.
    hint : str, or function without arguments that gives it
        A likely cause if the mistake is a known one, else "". A function is called once, when
        somebody reads the hint: tests that only try a value catch the error and read nothing.
    detail : str
        More text, for visible checks only. It may quote the expected value.
    """

    def __init__(self, symptom: str, hint: str | Callable[[], str] = "", detail: str = "") -> None:
        self.symptom, self.detail, self._hint = symptom, detail, hint
        super().__init__(with_detail(symptom, detail))

    @property
    def hint(self) -> str:
        """A likely cause, or ""."""
        if not isinstance(self._hint, str):
            self._hint = self._hint()
        return self._hint

    def __str__(self) -> str:
        return "\n".join(filter(None, [super().__str__(), self.hint]))

    def _render_traceback_(self) -> list[str]:
        """The text that IPython prints instead of a traceback: the message in bold."""
        detail = f"\n{self.detail}" if self.detail else ""
        return [f"{headline(f'✗ {self.symptom}')}{detail}", *filter(None, [self.hint])]


def headline(text: str) -> str:
    """The first line of a message in a notebook, in bold.

    It has no colour of its own: the red and the yellow of terminals are too faint on the
    background of errors in JupyterLab, light or dark.
    """
    return f"\x1b[1m{text}\x1b[0m"


def with_detail(symptom: str, detail: str) -> str:
    """A symptom and its detail, one after the other.

    >>> with_detail("The sum is wrong", "Found 3, expected 4.")
    'The sum is wrong. Found 3, expected 4.'
    """
    end = "" if symptom.endswith((".", "?", "!", ":")) else "."
    return f"{symptom}{end} {detail}" if detail else symptom


class CannotCheck(HwlibError):
    """A test cannot decide on this machine.

    The grader gives no grade, and the question waits for a later run or a human.

    Parameters
    ----------
    reason : str
        What is missing. Students read it.
    next_step : str
        What the instructor can do about it.
    """

    def __init__(self, reason: str, next_step: str = "") -> None:
        self.reason, self.next_step = reason, next_step
        super().__init__(f"{reason}. {next_step}" if next_step else reason)

    def _render_traceback_(self) -> list[str]:
        """The text that IPython prints instead of a traceback: the message."""
        more = [self.next_step] if self.next_step else []
        return [headline(f"? {self.reason}"), *more]


class DataError(HwlibError):
    """A data set is missing or damaged."""


class DataUnavailable(DataError):
    """No source had the data set."""


class DataCorrupt(DataError):
    """The content of a data set is wrong: its SHA-256 differs."""


class MissingExtra(HwlibError):
    """An optional part of hwlib is not installed."""


class ModelError(HwlibError):
    """A model file is missing, damaged or inconsistent, or a model cannot be saved."""


class CourseError(HwlibError):
    """A course, assignment or file is missing or wrong."""


class AuthoringError(HwlibError):
    """A fault in an assignment's own files.

    Parameters
    ----------
    path : Path
        The file, shown relative to the assignments folder where possible.
    line : int
        Line in that file, from 1; 0 when the whole file is meant.
    message : str
        What was expected, what was found, what to do next.
    """

    def __init__(self, path: Path, line: int, message: str) -> None:
        self.path, self.line, self.message = path, line, message
        below = [i for i, part in enumerate(path.parts) if part == "assignments"]
        shown = Path(*path.parts[below[-1] + 1 if below else -2 :])
        super().__init__(f"{shown}:{line}: {message}" if line else f"{shown}: {message}")


class SubmissionError(HwlibError):
    """A submission is not a readable notebook."""


class GradingError(HwlibError):
    """The grader itself cannot continue."""


# ---- between the grader and a worker ----


class RecordingError(GradingError):
    """A result cannot be written, or the gradebook cannot be read."""


class GradebookBusy(RecordingError):
    """Another `hw grade` writes to the same gradebook."""


class ZygoteGone(GradingError):
    """The process that workers are forked from died; a new one is needed."""


class MeasureRefused(GradingError):
    """The kernel refuses something that an isolation tier is made of."""


class WireError(GradingError):
    """The other side sent what the protocol does not allow."""


class Unsendable(WireError):
    """The grader has a value that the protocol cannot send."""


class ConnectionClosed(WireError):
    """The other side is gone."""


class DeadlinePassed(WireError):
    """No answer in time."""


class NameMissing(NameError):
    """A test uses a name that the student's notebook does not define."""


class StudentRaised(Exception):
    """Student code raised.

    Attributes
    ----------
    student_type, student_message : str
    trace : tuple of str
        The lines of the student's code that led to the error, the innermost last.
    """

    student_type = "Exception"
    student_message = ""
    trace: tuple[str, ...] = ()


class WorkerLost(BaseException):
    """The worker can no longer answer. It is not an Exception, so tests do not catch it."""


class WorkerTimeout(WorkerLost):
    """No answer before the deadline."""


class WorkerEnded(WorkerLost):
    """The process ended.

    Parameters
    ----------
    how : str
        In words: "exit code 1", "signal SIGSEGV".
    own_doing : bool
        Whether the student's code did it; False where another process or the kernel killed it.
    """

    def __init__(self, how: str = "", own_doing: bool = False) -> None:
        self.how, self.own_doing = how, own_doing
        super().__init__(how)


class WorkerMisbehaved(WorkerLost):
    """The worker sent what the protocol does not allow."""
