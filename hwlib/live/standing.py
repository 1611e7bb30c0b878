"""Where a student stands: which questions pass the visible checks, how many points that is."""

from __future__ import annotations

import contextlib
import math
import os
from pathlib import Path

from hwlib.errors import HwlibError
from hwlib.live.recorder import Run
from hwlib.live.tidying import assigned_names
from hwlib.live.where import hinted_path
from hwlib.notebooks import Cell, Notebook, read_notebook, same_code
from hwlib.unanswered import is_open

__all__ = ["TITLE", "Standing", "earned", "given_cell", "line_of", "standing"]

TITLE = "# @title Check:"  # begins the first line of every check that `hw build` makes


class Standing:
    """The points that the checks of this notebook have given so far.

    The questions come from the notebook's file. It may be older than what the student sees, but
    the checks in it are locked, so they are the same.
    """

    def __init__(self) -> None:
        self.earned: dict[str, float] = {}
        self._path: Path | None = None
        self._tests: tuple[Cell, ...] = ()

    def reset(self) -> None:
        """Forget everything, as in a new kernel."""
        self.earned, self._path, self._tests = {}, None, ()

    def is_check(self, text: str) -> bool:
        """Whether this is a test cell of the notebook."""
        return text.startswith(TITLE) or ("check." in text and self._test(text) is not None)

    def after(self, run: Run, value: object) -> str:
        """Note how a check ended; gives the line to show, "" for a check that failed."""
        cell = self._test(run.text)
        if cell is None:
            return ""
        if not run.ok:
            self.earned.pop(cell.name, None)
            return ""
        self.earned[cell.name] = _points(value, cell.points)
        notebook = self._read()
        return line_of(notebook, self.earned) if notebook else ""

    def given_cell(self, name: str) -> str:
        """The first line of the given cell that defines a name; "" if the notebook has none."""
        notebook = self._read()
        for cell in notebook.of("other") if notebook else ():
            if cell.kind == "code" and name in assigned_names(cell.source):
                return cell.source.lstrip().partition("\n")[0].rstrip()
        return ""

    def _test(self, text: str) -> Cell | None:
        if not self._tests:
            notebook = self._read()
            self._tests = tuple(notebook.of("test")) if notebook else ()
        return next((cell for cell in self._tests if same_code(cell.source, text)), None)

    def _read(self) -> Notebook | None:
        self._path = hinted_path() or self._path
        if self._path is None:
            return None
        with contextlib.suppress(HwlibError):
            return read_notebook(self._path)
        return None


standing = Standing()
"""That of this kernel."""


def earned() -> dict[str, float]:
    """Name of a question → points by its visible checks, for those that ran in this kernel."""
    return dict(standing.earned)


def given_cell(name: str) -> str:
    """The first line of the cell of the course that defines a name; "" if none does, and while a
    notebook is graded.
    """
    return "" if os.environ.get("HWLIB_GRADING") else standing.given_cell(name)


def line_of(notebook: Notebook, earned: dict[str, float]) -> str:
    """The line below a check that passed.

    Parameters
    ----------
    notebook : Notebook
    earned : dict
        Name of a question → points by its visible checks.
    """
    questions = notebook.questions
    full = sum(
        math.isclose(earned.get(name, -1.0), cell.points)
        for name, cell in questions.items()
        if cell.role == "test"
    )
    tests = sum(cell.role == "test" for cell in questions.values())
    points = sum(earned.get(name, 0.0) for name in questions)
    most = sum(cell.regular_points for cell in questions.values())
    waiting = [cell for cell in questions.values() if cell.role == "answer"]
    still_open = sum(map(is_open, waiting))
    line = f"  {full} of {tests} questions, {points:g} of {most:g} points"
    if waiting:
        line += f", {still_open or 'no'} written one{'' if still_open == 1 else 's'} open"
    return f"{line}."


def _points(value: object, most: float) -> float:
    """The points of a check that ended without an error: all, or the sum of its parts."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return most
    return min(max(float(value), 0.0), most)
