"""Tests with `trust="shared"`, which run in the student's process."""

from __future__ import annotations

import contextlib
import hashlib
import re
from typing import Any

from hwlib.checks.advice import advice
from hwlib.checks.context import current
from hwlib.errors import CannotCheck, WorkerLost, WorkerTimeout
from hwlib.grading.cells import UNANSWERED
from hwlib.grading.engines.part_verdicts import of_parts, told_parts
from hwlib.grading.engines.standins import Session
from hwlib.grading.engines.test_cells import Test
from hwlib.grading.engines.verdicts import (
    Place,
    Verdict,
    cannot_decide,
    passed,
    stopped,
    why_lost,
)
from hwlib.grading.engines.words import (
    MESSAGE_LENGTH,
    check_failed,
    name_missing,
    statement_at,
)
from hwlib.grading.engines.words import raised as said

__all__ = ["run_shared"]

_TOLD = re.compile(r"line (\d{1,6}), in .*?: (.*)", re.DOTALL)


def run_shared(test: Test, session: Session) -> Verdict:
    """Run a test in the student's process, as nbgrader does. Its result can be forged.

    Its random inputs have a seed of their own, because the student's process must not learn the
    seed of the run.
    """
    seed = current().seed_in_force
    if seed is not None:
        own = int.from_bytes(hashlib.sha256(f"shared {seed}".encode()).digest()[:8], "big")
        session.run(f"import os; os.environ['HWLIB_SEED'] = '{own}'")
    try:
        run = session.run(test.shared)
    except WorkerTimeout:
        return session.too_slow
    except WorkerLost as error:
        return Verdict("crashed", why_lost(error), lost=error, ended="crashed")
    raised = run.get("error")
    if test.parts:
        return _verdict_on_parts(test, run["outputs"], raised)
    if not isinstance(raised, dict):
        return passed(test.points, _shown_number(run["outputs"]))
    return _verdict(test, raised)


def _verdict_on_parts(test: Test, outputs: list[Any], raised: object) -> Verdict:
    if isinstance(raised, dict):  # outside all parts
        return of_parts(test.parts, {}, _verdict(test, raised))
    found = {}
    for name, error in told_parts(outputs).items():
        if error is None:
            found[name] = Verdict("passed", fraction=1.0)
        else:
            told = {"type": error["ename"], "message": error["evalue"], "trace": error["trace"]}
            found[name] = _verdict(test, told)
    return of_parts(test.parts, found, Verdict("missing", "This part was not run."))


def _verdict(test: Test, raised: dict[str, Any]) -> Verdict:
    """The verdict on a test that raised in the student's process."""
    kind, message = str(raised.get("type"))[:100], str(raised.get("message"))[:MESSAGE_LENGTH]
    if kind == "CheckFailed":
        symptom, _, hint = message.partition("\n")
        return Verdict("failed", symptom, hint)
    if kind == "CannotCheck":
        return cannot_decide(CannotCheck(message))
    if kind == "NotImplementedError" and not message:
        return Verdict("missing", UNANSWERED)
    trace = [str(line) for line in raised.get("trace") or ()]
    at = _place(test, trace)
    missing = message.partition("'")[2].partition("'")[0] if kind == "NameError" else ""
    if trace and not _lines_of(test, trace[-1]):
        text = said(kind, "" if at.hidden else message, trace[-1])
        return Verdict("error", text, advice(kind, message), missing_name=missing)
    if missing:
        return Verdict("missing", name_missing(missing), missing_name=missing)
    if kind == "AssertionError":
        return Verdict("failed", check_failed(message, at.statement, hidden=at.hidden))
    return stopped(kind, message, at)


def _place(test: Test, trace: list[str]) -> Place:
    """Where in the test it happened. Without a trace, any hidden line may be meant."""
    lines = [number for line in trace for number in _lines_of(test, line)]
    if not lines:
        return Place("", hidden=bool(test.hidden))
    if max(lines) in test.hidden:
        return Place("", hidden=True)
    return Place(statement_at(test.shared, lines[-1]), hidden=False)


def _lines_of(test: Test, told: str) -> list[int]:
    """The number of the line of the test that `line 3, in f: x = 1` tells of, if it is one."""
    found = _TOLD.match(told)
    lines = test.shared.splitlines()
    if not found or not 0 < int(found[1]) <= len(lines):
        return []
    return [int(found[1])] if lines[int(found[1]) - 1].strip() == found[2].strip() else []


def _shown_number(outputs: list[Any]) -> float | None:
    """The number that a cell shows as its value, which nbgrader takes for its points."""
    for output in outputs:
        if isinstance(output, dict) and output.get("output_type") == "execute_result":
            data = output.get("data")
            with contextlib.suppress(TypeError, ValueError):
                return float(str(data.get("text/plain")) if isinstance(data, dict) else "")
    return None
