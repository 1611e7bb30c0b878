"""Tests with `trust="shared"`, which run in the student's process."""

from __future__ import annotations

import contextlib
import hashlib
from typing import Any

from hwlib.checks.context import current
from hwlib.errors import WorkerLost, WorkerTimeout
from hwlib.grading.cells import HIDDEN, UNANSWERED
from hwlib.grading.engines.standins import Session
from hwlib.grading.engines.test_cells import Test
from hwlib.grading.engines.verdicts import MESSAGE_LENGTH, Verdict, passed, why_lost

__all__ = ["run_shared"]


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
        return Verdict("timeout")
    except WorkerLost as error:
        return Verdict("crashed", why_lost(error), lost=error)
    raised = run.get("error")
    if not isinstance(raised, dict):
        return passed(test.points, _shown_number(run["outputs"]))
    kind, message = str(raised.get("type"))[:100], str(raised.get("message"))[:MESSAGE_LENGTH]
    if kind == "CheckFailed":
        symptom, _, hint = message.partition("\n")
        return Verdict("failed", symptom, hint)
    if kind == "CannotCheck":
        return Verdict("manual", message)
    if kind == "NotImplementedError" and not message:
        return Verdict("missing", UNANSWERED)
    if kind == "AssertionError":
        return Verdict("failed", HIDDEN if test.hidden else message or "a check failed")
    missing = message.partition("'")[2].partition("'")[0] if kind == "NameError" else ""
    return Verdict("error", f"{kind}: {message}", missing_name=missing)


def _shown_number(outputs: list[Any]) -> float | None:
    """The number that a cell shows as its value, which nbgrader takes for its points."""
    for output in outputs:
        if isinstance(output, dict) and output.get("output_type") == "execute_result":
            data = output.get("data")
            with contextlib.suppress(TypeError, ValueError):
                return float(str(data.get("text/plain")) if isinstance(data, dict) else "")
    return None
