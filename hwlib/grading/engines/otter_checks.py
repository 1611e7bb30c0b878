"""Runs the parts of a test cell for otter-grader, in the kernel with the student's code.

Nothing is hidden from student code there: otter has one process for both.
"""

from __future__ import annotations

import ast
import builtins
import os
import re
import signal
from types import FrameType
from typing import Any

from hwlib.checks.advice import advice
from hwlib.errors import CannotCheck, CheckFailed
from hwlib.grading.cells import HIDDEN, UNANSWERED, one_line
from hwlib.grading.engines.lacking import lack_in
from hwlib.grading.engines.verdicts import passed
from hwlib.grading.engines.words import (
    MESSAGE_LENGTH,
    cannot_run,
    check_failed,
    check_stopped,
    name_missing,
    waits,
)
from hwlib.grading.sandbox.clock import WorkClock, started_clock

__all__ = ["PART_OF_POINTS", "CheckRun", "limit_cells"]

SLOW = "Your code took too long: is there a loop that never ends?"
LOOK_S = 0.1  # between two looks at the clock, once the time may be up
PART_OF_POINTS = re.compile(r"hwlib: ([0-9.e+-]+) of these points are earned")


class Failed(Exception):
    """A check did not pass; the text is for the student."""


class Missing(Exception):
    """There is nothing to check."""


class Timeout(Exception):
    """The student's code took too long."""


class Waits(Exception):
    """A human must decide, because the check could not run here."""


class PartOfPoints(Exception):
    """The check passed for a part of the points."""


class CheckRun:
    """The parts of one test cell, which are run in turn with the same names.

    Parameters
    ----------
    points : float
        Of the whole cell.
    """

    def __init__(self, points: float) -> None:
        self._points, self._stopped = points, False

    def part(
        self,
        source: str,
        names: dict[str, Any],
        *,
        hidden: bool,
        last: bool,
        alone: bool = False,
    ) -> None:
        """Run one part. If an earlier one has failed, it fails without being run, unless that one
        was tried alone, as the parts of a question with points of their own.

        The value of the last part's last line may be the points, as in nbgrader.

        Raises
        ------
        Failed, Missing, Timeout, Waits, PartOfPoints
            Otter shows the name of the class and the text.
        """
        if self._stopped:
            raise Failed("This part was not run, because an earlier one did not pass.")
        try:
            value = _run(source, names)
        except Exception as error:  # noqa: BLE001  of the student's code, and of any kind
            self._stopped = not alone
            raise _told(error, source, hidden) from None
        if not last:
            return
        verdict = passed(self._points, value)
        if verdict.status == "manual":
            raise Waits(verdict.message)
        if verdict.fraction < 1:
            earned = self._points * verdict.fraction
            raise PartOfPoints(f"hwlib: {earned:.9g} of these points are earned")


def _run(source: str, names: dict[str, Any]) -> Any:
    """Run a source; returns the value of its last line, if that is an expression."""
    tree = ast.parse(source)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        exec(compile(tree, "<check>", "exec"), names)
        return None
    tree.body.pop()
    exec(compile(tree, "<check>", "exec"), names)
    return eval(compile(ast.Expression(last.value), "<check>", "eval"), names)  # noqa: S307


def _told(error: Exception, source: str, hidden: bool) -> Exception:
    """What the student may read about an error."""
    text = one_line(str(error), MESSAGE_LENGTH)
    if isinstance(error, CannotCheck):
        return Waits(cannot_run(error.reason))
    if isinstance(error, CheckFailed):
        return Failed(one_line(f"{error.symptom} {error.hint}".strip(), MESSAGE_LENGTH))
    lack = lack_in(f"{type(error).__name__}: {error}")
    if lack and not (lack.only_of_student and _is_of_check(error)):
        return Waits(waits(lack.told_student))
    if isinstance(error, TimeoutError):
        return Timeout(text)
    if isinstance(error, NotImplementedError) and not text:
        return Missing(UNANSWERED)
    if isinstance(error, NameError) and error.name:
        return Missing(name_missing(error.name))
    if isinstance(error, AssertionError):
        return Failed(HIDDEN if hidden else check_failed(text, "", hidden=False))
    kind = type(error).__name__
    known = kind if hasattr(builtins, kind) or not hidden else "an error"
    told = check_stopped(known, "" if hidden else text, "", hidden=hidden)
    return Failed(f"{told} {advice(kind, text)}".rstrip())


def _is_of_check(error: Exception) -> bool:
    """Whether the check's own code raised it, not a function that it called."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return place is not None and place.tb_frame.f_code.co_filename == "<check>"


# ---- time limits ---------------------------------------------------------------------------------


def limit_cells(seconds: float) -> None:
    """Give each cell of this kernel, and what is left of it after that, so many seconds of work;
    otter itself has no limit. The time in which other programs had the cores does not count.
    """
    from IPython import get_ipython

    clock: WorkClock

    def start(*_: object) -> None:
        nonlocal clock
        clock = started_clock(os.getpid(), seconds)
        signal.setitimer(signal.ITIMER_REAL, seconds, LOOK_S)

    def stop(*_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)

    def time_is_up(_signal: int, _frame: FrameType | None) -> None:
        if not clock():
            return
        start()  # the next part of the check may hang, too
        raise TimeoutError(SLOW)

    shell = get_ipython()
    signal.signal(signal.SIGALRM, time_is_up)
    shell.events.register("pre_run_cell", start)
    shell.events.register("post_run_cell", stop)
