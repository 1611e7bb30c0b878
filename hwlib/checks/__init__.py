"""Checks for test cells. Each says in plain words what is wrong and names the mistake if it can.

    from hwlib import checks as check
    right = cdist(A, B)
    squared = {"The values look squared.": right ** 2}
    check.close(distances, right, what="the distances", mistakes=squared)

A check that fails raises `CheckFailed`. A check that passes returns None and prints nothing, so
that neither nbgrader nor otter-grader takes an output for a score. Below `### BEGIN HIDDEN TESTS`,
a message names the symptom but no value.
"""

from __future__ import annotations

from hwlib.checks.assertions import close, equal, gradient, passed, raises, returns, shape, true
from hwlib.checks.context import context
from hwlib.checks.draws import rng
from hwlib.checks.due import due
from hwlib.checks.in_ipython import shorten_errors
from hwlib.checks.influence import influence
from hwlib.checks.inputs import note_changed, unchanged
from hwlib.checks.networks import accuracy, architecture, handed_in, on_cpu, partial, test_set
from hwlib.checks.pages import hint, why
from hwlib.checks.parts import earned, part
from hwlib.checks.remarks import remark, unique
from hwlib.checks.samples import full_data
from hwlib.checks.terms import of_sum, of_terms
from hwlib.checks.timing import cpu_seconds
from hwlib.errors import CannotCheck, CheckFailed
from hwlib.live import watch

__all__ = [
    "CannotCheck",
    "CheckFailed",
    "accuracy",
    "architecture",
    "close",
    "context",
    "cpu_seconds",
    "due",
    "earned",
    "equal",
    "full_data",
    "gradient",
    "handed_in",
    "hint",
    "influence",
    "note_changed",
    "of_sum",
    "of_terms",
    "on_cpu",
    "part",
    "partial",
    "passed",
    "raises",
    "remark",
    "returns",
    "rng",
    "shape",
    "test_set",
    "true",
    "unchanged",
    "unique",
    "why",
]

shorten_errors()
watch()
