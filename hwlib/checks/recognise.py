"""Find the likely cause of a wrong result.

The mistakes that the question names are tried first, then the hint of the question stands, then
mistakes that any question may meet. Before the hint, a general mistake is named too if the values
leave no doubt about it, such as those of float32. For a wrong shape the hint comes later, because
it speaks of values: after general mistakes and what the shapes leave hardly any doubt about, and
before a guess. A general mistake is named only where it alone explains the result.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import numpy as np

from hwlib.checks.pages import hint as with_page
from hwlib.checks.patterns import (
    Hints,
    Same,
    entry_by_entry,
    line_by_line,
    places_or_mask,
    reduced,
    sums_to_one,
)
from hwlib.checks.rules import Exact, Rule, compare
from hwlib.checks.unfilled import unfilled
from hwlib.checks.values import Array, Mismatch, as_array

__all__ = ["Mistakes", "general_mistake", "named_mistake", "quiet"]

Mistakes = Mapping[str, Any]
"""Hint → the result that this mistake gives, or a function without arguments that computes it."""


def named_mistake(actual: object, expected: object, rule: Rule, mistakes: Mistakes) -> str:
    """The mistake that explains a wrong result, of those that the question names; or "".

    A whole number that `//` has left is told by its type, before any mistake with the same value.
    """
    with quiet():
        if _cut_to_a_whole_number(actual, expected):
            return _CUT
        for hint, candidate in mistakes.items():
            try:
                value = candidate() if callable(candidate) else candidate
                told_apart = compare(rule, value, expected) is not None
                if told_apart and compare(rule, actual, value) is None:
                    return hint if _says_more_than_nan(value) else f"One way to get there: {hint}"
            except Exception:  # noqa: BLE001  what can't be computed here is no candidate
                continue
    return ""


def _says_more_than_nan(value: object) -> bool:
    """Whether some entry is finite, or none a number: many slips lead to nothing but NaN or ∞."""
    array = as_array(value)
    if isinstance(array, Mismatch) or array.dtype.kind not in "fc" or not array.size:
        return True
    return bool(np.isfinite(array).any())


_CUT = (
    "The result is cut to a whole number: `//` and `int(…)` drop what stands behind the point. "
    "Divide with `/`."
)


def _cut_to_a_whole_number(actual: object, expected: object) -> bool:
    """Whether it is a single number of an integer type, and the right one rounded down."""
    found, right = as_array(actual), as_array(expected)
    if isinstance(found, Mismatch) or isinstance(right, Mismatch):
        return False
    if found.ndim or right.ndim or found.dtype.kind not in "iu" or right.dtype.kind != "f":
        return False
    return bool(right != np.floor(right) and found == np.floor(right))


def general_mistake(
    actual: object, expected: object, rule: Rule, otherwise: str = "", *, before: str = ""
) -> Callable[[], str]:
    """A function that finds the general mistake behind a wrong result, of the values as they are
    now; it gives `otherwise` if it finds none.

    With `before`, the question's own hint, only a mistake about which the values leave no doubt
    stands before it.
    """
    found, right = as_array(actual), as_array(expected)  # copies

    def find() -> str:
        with quiet():
            if not before:
                return _general_mistake(found, right, rule) or otherwise
            sure = _general_mistake(found, right, rule, sure=True)
        if "check.why(" in sure:  # a call for more is the end of a hint
            return sure
        return f"{sure} {before}" if sure else before

    return find


@contextmanager
def quiet() -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def _general_mistake(
    actual: Array | Mismatch, expected: Array | Mismatch, rule: Rule, *, sure: bool = False
) -> str:
    if isinstance(actual, Mismatch):
        return ""
    found, right = rule.read(actual), rule.read(expected)
    if isinstance(found, Mismatch) or isinstance(right, Mismatch):
        return ""
    if (
        right.dtype.kind not in "iuf"
        or found.dtype.kind not in "iuf"
        or not np.isfinite(right).all()
    ):
        return ""
    if not np.isfinite(found).all():
        return ""
    if narrow := _too_narrow(actual, right):
        return narrow
    if _is_whole_part(actual, right, rule):
        return _INTEGERS
    found, right = found.astype(np.float64), right.astype(np.float64)

    def same(a: Array, b: Array) -> bool:
        return bool(np.isfinite(a).all()) and a.shape == b.shape and rule.differ(a, b) is None

    groups = _SURE if sure else _ALL
    for recognisers in groups["labels" if isinstance(rule, Exact) else "numbers"]:
        hints = {hint for recognise in recognisers for hint in recognise(found, right, same)}
        if hints:  # several explain the result equally well: none of them is said
            return hints.pop() if len(hints) == 1 else ""
    return ""


def _too_narrow(raw: Array, right: Array) -> str:
    """Small integer types, whose numbers wrap around; asked before all become float64."""
    if raw.dtype.kind not in "iu" or raw.dtype.itemsize > 2:
        return ""
    bounds = np.iinfo(raw.dtype)
    outside = right.size and (right.min() < bounds.min or right.max() > bounds.max)
    if not outside and not (right != np.round(right)).any():
        return ""
    kind, limits = raw.dtype.name, f"{bounds.min} to {bounds.max}"
    return with_page(
        f"The result is of type {kind}, which holds whole numbers from {limits} only and wraps "
        "around beyond them: turn the input into floats first, with `.astype(float)`.",
        why="uint8",
    )


_INTEGERS = "The values are cut to integers: is the dtype of your array an integer type?"


def _is_whole_part(raw: Array, right: Array, rule: Rule) -> bool:
    """Whether an array of an integer type has what stands before the points, also if that is 0."""
    if raw.dtype.kind not in "iu" or not raw.ndim or raw.shape != right.shape:
        return False
    if not (right != np.round(right)).any():
        return False
    return any(rule.differ(raw, cut) is None for cut in (np.trunc(right), np.floor(right)))


def _rearranged(a: Array, b: Array, same: Same) -> Hints:
    if a.ndim > 1 and b.ndim == a.ndim and same(a.T, b):
        yield "Rows and columns are exchanged: the values are those of the transpose."
    elif a.shape != b.shape and a.size == b.size and a.size and same(a.reshape(b.shape), b):
        yield (
            "The values are right, but the shape is not: "
            "look at `reshape`, `squeeze` and `keepdims`."
        )


def _cut_short(a: Array, b: Array, same: Same) -> Hints:
    if a.ndim != b.ndim or not a.ndim or not 0 < len(a) < len(b) or a.shape[1:] != b.shape[1:]:
        return
    missing = len(b) - len(a)
    are = f"{missing} are" if missing > 1 else "one is"
    if same(a, b[: len(a)]):
        told = f"The last {are} missing: does the loop or the last batch end too early?"
        yield with_page(told, why="last-batch")
    elif same(a, b[missing:]):
        yield f"The first {are} missing: does the loop or slice begin too late?"


def _unassigned(a: Array, b: Array, same: Same) -> Hints:
    if a.shape == b.shape and a.size > 1 and b.any() and not a.any():
        yield (
            "Every value is 0: is the result stored in the array that is returned, and is nothing "
            "cut off at 0 that should be larger?"
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
    if a.shape == b.shape and _uneven(b) and same(a - np.mean(a - b), b):
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
        yield _INTEGERS
    elif np.max(np.abs(a - b)) < 1e-4 * np.max(np.abs(b)) and (a == a.astype(np.float32)).all():
        yield "The values are only as precise as float32 allows: compute in float64."
    elif (decimals := _decimals(a, b)) is not None:
        places = "1 decimal" if decimals == 1 else f"{decimals} decimals"
        yield f"The values are rounded to {places}, which is too few: keep all digits."


def _decimals(a: Array, b: Array) -> int | None:
    """To how many decimals the right values were rounded, if they were and it is hardly by chance:
    at least two digits are left, and the last of one number alone is not 0.
    """
    if not a.any() or not b.any():
        return None
    before = np.floor(np.log10(np.max(np.abs(b)))) + 1
    for decimals in range(1, 7):
        if decimals + before < 2:
            continue
        if np.count_nonzero(a) == 1 and np.round(np.sum(a) * 10.0**decimals) % 10 == 0:
            continue
        units = a * 10.0**decimals  # halves are rounded up or down, as they are stored
        if np.abs(units - np.round(units)).max() < 1e-4 and np.abs(a - b).max() < 0.5001 * (
            10.0**-decimals
        ):
            return decimals
    return None


def _labels_shifted(a: Array, b: Array, same: Same) -> Hints:
    if a.shape == b.shape and _uneven(b) and len(np.unique(a - b)) == 1:
        yield f"Each is off by exactly {abs(a - b).flat[0]:g}: do you count from 0?"


# in groups, the surest first: what is a transpose is also "in another order"
_OF_NUMBERS = (
    (_rearranged, _cut_short, reduced),
    (_unassigned,),
    (_scaled, _powers, _rounded, _shifted),
    (entry_by_entry, _another_order),
    (line_by_line, places_or_mask),
    (unfilled,),
    (sums_to_one,),
)
_OF_LABELS = ((_rearranged, _cut_short), (_labels_shifted,))
_ALL = {"numbers": _OF_NUMBERS, "labels": _OF_LABELS}
_SURE = {"numbers": (_OF_NUMBERS[0], (_rounded,)), "labels": _OF_LABELS[:1]}  # leaves no doubt


def _telling(b: Array) -> bool:
    """Whether a factor means anything. It does not for zeros or ones, nor for one number that is a
    simple fraction: most mistakes give a multiple of such a number.
    """
    sizes = np.unique(np.abs(b[b != 0]))
    if sizes.size == 0 or (sizes.size == 1 and sizes[0] == 1):
        return False
    return bool(b.ndim and sizes.size > 1) or not _is_simple(float(sizes[0]))


def _is_simple(number: float) -> bool:
    """Whether it is a number of thousandths, or a fraction with a small denominator."""
    nearest = float(Fraction(number).limit_denominator(200))
    return (number * 1000).is_integer() or abs(number - nearest) <= 1e-9 * number


def _uneven(b: Array) -> bool:
    """Whether the steps between the values differ: in 1, 2, 3 a neighbour is a shift, too."""
    steps = np.diff(np.unique(b))
    return bool(b.size > 1 and steps.size and np.ptp(steps) > 1e-6 * steps.max())


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
