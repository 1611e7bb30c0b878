"""Points for the parts of a question: `with check.part(1, "ties"):`.

Each part is tried for itself. One that fails costs its points, and the others go on. The last line
of the cell, `check.earned()`, is the number of points, which nbgrader reads.

The isolated engine does not use this module: it runs the blocks of a test cell itself.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from hwlib.checks.due import EXCUSED, forget_excuses, was_excused
from hwlib.checks.raised import own_frames, place, told_of
from hwlib.errors import CannotCheck, CheckFailed

__all__ = ["MIME", "earned", "part"]

MIME = "application/x-hwlib-part"  # an output of a grading kernel: one part as JSON
_PASSED = "passed the checks of this cell."


@dataclass(slots=True)
class _Run:
    """The parts of the cell that runs now."""

    cell: str = ""  # the name under which it was compiled
    points: dict[str, tuple[float, float]] = field(default_factory=dict)  # earned, and at most


_run = _Run()


class part:
    """A part of a question, with points of its own, in a test cell.

    Parameters
    ----------
    points : float
        What the part is worth. The points of all parts add up to those of the cell.
    name : str
        What it is about. Students read it before the deadline, also of a hidden part.

    Raises
    ------
    CannotCheck
        From inside the block, if this machine cannot check it. All other errors end the part only.

    Examples
    --------
    >>> with part(2, "the sum"):
    ...     assert 1 + 1 == 2
    ✓ the sum (2 points): passed the checks of this cell.
    >>> earned()
    2
    >>> with part(1, "ties"):
    ...     raise CheckFailed("The label is 3, but 2 is as frequent", "Take the smallest label.")
    ✗ ties (1 point): The label is 3, but 2 is as frequent. Take the smallest label.
    """

    def __init__(self, points: float, name: str) -> None:
        self.points, self.name = points, name

    def __enter__(self) -> None:
        cell = sys._getframe(1).f_code.co_filename
        if _run.cell != cell:
            _run.cell, _run.points = cell, {}
        forget_excuses()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        # the interrupt is a time limit of nbgrader's, or Ctrl-C
        if isinstance(error, (KeyboardInterrupt, GeneratorExit, CannotCheck)):
            return False
        _run.points[self.name] = (0.0 if error else float(self.points), float(self.points))
        _tell(self, error)
        return True


class _Points(float):
    """A number of points, which a notebook shows in words."""

    most: float = 0.0

    def __repr__(self) -> str:
        return f"{float(self):g}"

    def _repr_html_(self) -> str:
        return (
            f"<p>{self!r} of {_counted(self.most)} by the checks of this cell. Hidden checks try "
            "other shapes and numbers after you hand in.</p>"
        )


def earned() -> float:
    """The points of the parts that passed, as the last value of a test cell."""
    points = _Points(sum(got for got, _ in _run.points.values()))
    points.most = sum(most for _, most in _run.points.values())
    _run.cell, _run.points = "", {}
    return points


def _tell(one: part, error: BaseException | None) -> None:
    """Print how a part went; for an engine that grades in this kernel, as an output."""
    said = _said(error) if error is not None else EXCUSED if was_excused() else _PASSED
    mark = "✓" if error is None else "✗"
    print(f"{mark} {one.name} ({_counted(one.points)}): {said}")  # noqa: T201  students see it
    if os.environ.get("HWLIB_GRADING"):
        _publish(one, error)


def _said(error: BaseException) -> str:
    """An error in a few words: the message of a check, or type, message and the student's line."""
    told = told_of(error)
    return " ".join(_sentence(text) for text in (told.symptom, told.detail, told.hint) if text)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!", ":", "\n")) else f"{text}."


def _counted(points: float) -> str:
    return f"{points:g} point{'' if points == 1 else 's'}"


def _publish(one: part, error: BaseException | None) -> None:
    from IPython.core.getipython import get_ipython
    from IPython.display import display

    shell: Any = get_ipython()
    if shell is None:
        return
    told: dict[str, Any] = {"name": one.name, "points": one.points, "error": None}
    if error is not None:
        told["error"] = {
            "ename": type(error).__name__,
            "evalue": str(error),
            "traceback": [str(line) for line in _traceback(shell, error)],
            "trace": [place(frame) for frame in own_frames(error)],
        }
    display({MIME: json.dumps(told), "text/plain": ""}, raw=True)


def _traceback(shell: Any, error: BaseException) -> list[str]:
    """The lines that IPython shows for an error that nobody catches."""
    if isinstance(error, CheckFailed):
        return error._render_traceback_()
    lines: list[str] = shell.InteractiveTB.structured_traceback(
        type(error), error, error.__traceback__
    )
    return lines
