"""Find the likely cause of a wrong result.

The mistakes that the question names are tried first, then mistakes that any question may meet.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from hwlib.checks.rules import Exact, Rule, compare
from hwlib.checks.values import Array, Mismatch

__all__ = ["Mistakes", "likely_cause"]

Mistakes = Mapping[str, Any]
"""Hint → the result that this mistake gives, or a function without arguments that computes it."""


def likely_cause(actual: object, expected: object, rule: Rule, mistakes: Mistakes | None) -> str:
    """The hint for a wrong result, or "" if no mistake is recognised."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        named = _named_mistake(actual, expected, rule, mistakes or {})
        return named or _general_mistake(actual, expected, rule)


def _named_mistake(actual: object, expected: object, rule: Rule, mistakes: Mistakes) -> str:
    for hint, candidate in mistakes.items():
        try:
            value = candidate() if callable(candidate) else candidate
            if compare(rule, value, expected) is not None and compare(rule, actual, value) is None:
                return hint
        except Exception:  # noqa: BLE001  a candidate that can't be computed here is no candidate
            continue
    return ""


def _general_mistake(actual: object, expected: object, rule: Rule) -> str:
    found, right = rule.read(actual), rule.read(expected)
    if isinstance(found, Mismatch) or isinstance(right, Mismatch):
        return ""
    recognisers = _OF_LABELS if isinstance(rule, Exact) else _OF_NUMBERS
    if (
        right.dtype.kind not in "iuf"
        or found.dtype.kind not in "iuf"
        or not np.isfinite(right).all()
    ):
        return ""
    if not np.isfinite(found).all():
        return ""
    found, right = found.astype(np.float64), right.astype(np.float64)

    def same(a: Array, b: Array) -> bool:
        return bool(np.isfinite(a).all()) and a.shape == b.shape and rule.differ(a, b) is None

    return next((hint for recognise in recognisers for hint in recognise(found, right, same)), "")


Same = Callable[[Array, Array], bool]
Hints = Iterator[str]


def _rearranged(a: Array, b: Array, same: Same) -> Hints:
    if a.ndim > 1 and b.ndim == a.ndim and same(a.T, b):
        yield "Rows and columns are exchanged: the values are those of the transpose."
    elif a.shape != b.shape and a.size == b.size and a.size and same(a.reshape(b.shape), b):
        yield (
            "The values are right, but the shape is not: "
            "look at `reshape`, `squeeze` and `keepdims`."
        )


def _unassigned(a: Array, b: Array, same: Same) -> Hints:
    if a.shape == b.shape and a.size > 1 and b.any() and not a.any():
        yield (
            "Every value is 0, as in a new array of zeros: does the code store the result in it?"
        )


def _scaled(a: Array, b: Array, same: Same) -> Hints:
    if a.shape != b.shape or not _telling(b) or not a.any():
        return
    if same(-a, b):
        yield "Every value has the wrong sign."
        return
    factor = float(np.sum(a * b) / np.sum(b * b))
    if factor == 0 or not same(a / factor, b):
        return
    for times, share in ((factor, 1 / factor), (-factor, -1 / factor)):
        sign = " and has the wrong sign" if times == -factor else ""
        if times > 0 and _is_count(times):
            n = round(times)
            yield f"Every value is exactly {n} times the right one{sign}: {_why_larger(n)}"
        elif times > 0 and _is_count(share):
            n = round(share)
            yield f"Every value is exactly 1/{n} of the right one{sign}: {_why_smaller(n)}"
    if b.size > 1 and not (_is_count(abs(factor)) or _is_count(abs(1 / factor))):
        yield "Every value is off by the same factor: is a constant missing or wrong?"


def _powers(a: Array, b: Array, same: Same) -> Hints:
    if a.shape != b.shape or not _telling(b):
        return
    if same(a, b**2):
        yield "The values are the squares of the right ones: is a root missing?"
    elif (b >= 0).all() and (a >= 0).all() and same(a**2, b):
        yield (
            "The values are the square roots of the right ones: "
            "is there one root too many, or is a square missing?"
        )


def _shifted(a: Array, b: Array, same: Same) -> Hints:
    if a.shape == b.shape and b.size > 1 and np.ptp(b) > 0 and same(a - np.mean(a - b), b):
        yield (
            "Every value is off by the same amount: is a constant term missing, or counted twice?"
        )


def _another_order(a: Array, b: Array, same: Same) -> Hints:
    if a.shape != b.shape or b.size < 3 or len(np.unique(b)) * 2 <= b.size:
        return
    if same(np.sort(a, axis=None), np.sort(b, axis=None)):
        yield "The values are right but in the wrong order: which index is which?"


def _rounded(a: Array, b: Array, same: Same) -> Hints:
    if a.shape != b.shape or not b.size:
        return
    if (b != np.round(b)).any() and (a == np.trunc(b)).all() and a.any():
        yield ("The values are cut to integers: is the dtype of your array an integer type?")
    elif np.max(np.abs(a - b)) < 1e-4 * np.max(np.abs(b)) and (a == a.astype(np.float32)).all():
        yield "The values are only as precise as float32 allows: compute in float64."


def _labels_shifted(a: Array, b: Array, same: Same) -> Hints:
    if a.shape == b.shape and a.size > 1 and len(np.unique(a - b)) == 1 and np.ptp(b) > 0:
        yield f"Each is off by exactly {abs(a - b).flat[0]:g}: do you count from 0?"


_OF_NUMBERS = (_rearranged, _unassigned, _scaled, _powers, _rounded, _shifted, _another_order)
_OF_LABELS = (_rearranged, _labels_shifted)


def _telling(b: Array) -> bool:
    """Whether a factor means anything. It does not for zeros, ones or a simple number like 0.25."""
    sizes = np.unique(np.abs(b[b != 0]))
    if sizes.size == 0 or (sizes.size == 1 and sizes[0] == 1):
        return False
    return bool(b.ndim and sizes.size > 1) or not float(sizes[0] * 1000).is_integer()


def _is_count(number: float) -> bool:
    return 1.5 < number < 100_000 and abs(number - round(number)) < 1e-4 * number


def _why_larger(times: int) -> str:
    if times == 2:
        return "is a ½ missing, or is a term counted twice?"
    return "is it a sum instead of a mean, or is something added too often?"


def _why_smaller(times: int) -> str:
    if times == 2:
        return "is there a ½ too many, or is one of two terms missing?"
    return "is it a mean instead of a sum, or is something divided twice?"
