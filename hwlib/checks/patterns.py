"""General mistakes that show in how the wrong values go with the right ones, entry by entry or line
by line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from hwlib.checks.values import Array

__all__ = [
    "Hints",
    "Same",
    "entry_by_entry",
    "line_by_line",
    "places_or_mask",
    "reduced",
    "sums_to_one",
]

Same = Callable[[Array, Array], bool]
"""Whether two arrays count as the same."""

Hints = Iterator[str]


def reduced(a: Array, b: Array, same: Same) -> Hints:
    """A sum or mean over one axis is missing: what is left of it is right."""
    if a.ndim != b.ndim + 1 or not a.size:
        return
    for axis, length in enumerate(a.shape):
        if length > 1 and a.shape[:axis] + a.shape[axis + 1 :] == b.shape:
            for name, total in (("sum", a.sum(axis=axis)), ("mean", a.mean(axis=axis))):
                if same(total, b):
                    yield f"There is an axis too many: take the {name} over axis {axis}."


def entry_by_entry(a: Array, b: Array, same: Same) -> Hints:
    """A function of one number explains all: what is cut off at 0, the absolute value, 1 − b, …"""
    if a.shape != b.shape or b.size < 3 or len(np.unique(b)) < 3:
        return
    below = b < 0
    if below.any() and same(a, np.abs(b)):
        yield "Negative values have become positive: is there an absolute value or square too many?"
    if below.any() and not below.all() and same(a, np.maximum(b, 0)):
        yield "Negative values have become 0: are they cut off, or does a search begin at 0?"
    if same(a, 1 - b):
        yield "Every value is 1 minus the right one: is it the share of the opposite?"
    if b.all() and same(a * b, np.ones(b.shape)):
        yield "Every value is 1 divided by the right one: is a quotient upside down?"
    if (b > 0).all() and same(a, np.log(b)):
        yield "The values are the logarithms of the right ones: is an `exp` missing?"
    if (a > 0).all() and same(np.log(a), b):
        yield "The values are `exp` of the right ones: is a logarithm missing?"


def places_or_mask(a: Array, b: Array, same: Same) -> Hints:
    """Whole numbers in place of other values: which entries count, or where something stands."""
    if a.shape != b.shape or b.size < 3 or len(np.unique(b)) < 3 or (a != np.round(a)).any():
        return
    found, counts = np.unique(a), b != 0
    if found.size < 2 or (b[counts] == np.round(b[counts])).any():
        return
    if set(found) == {0, 1} and not counts.all() and ((a != 0) == counts).all():
        yield (
            "What should not be 0 is 1: the values say which entries count, and what they are "
            "multiplied by is missing."
        )
    elif found[0] >= 0 and found[-1] > 1 and np.max(np.abs(a - b)) > 1:
        yield (
            "These are whole numbers, and the right values are not: are they places (`argmax`) or "
            "counts?"
        )


def line_by_line(a: Array, b: Array, same: Same) -> Hints:
    """Rows or columns that are all the same, still 0, or off by a number of their own."""
    if a.shape == b.shape and a.ndim == 1 and a.size > 1 and a.any() and _all_alike(a, same):
        if not _all_alike(b, same):
            yield "Every value is the same: is each computed from its own part of the input?"
        return
    if a.shape != b.shape or a.ndim != 2 or min(a.shape) < 2:
        return
    if a.any() and same(a, np.full(a.shape, a[0, 0])):
        if not same(b, np.full(b.shape, b[0, 0])):
            yield "Every value is the same: is each computed from its own part of the input?"
        return
    if _normalised_the_other_way(a, b, same):
        yield (
            "It is normalised along the wrong axis: which should add up to 1, each row or each "
            "column?"
        )
        return
    for row, column, found, right in (("row", "column", a, b), ("column", "row", a.T, b.T)):
        if same(found, np.broadcast_to(found[0], found.shape)):
            if not same(right, np.broadcast_to(right[0], right.shape)) and found.any():
                yield f"Every {row} is the same: is each computed from its own part of the input?"
            continue
        empty = ~found.any(axis=1)
        if empty.any() and right[empty].any(axis=1).all() and same(found[~empty], right[~empty]):
            yield (
                f"The {row}s that are not 0 are right, and the others are 0: does the loop end "
                "early, does a `return` stand inside it, or is something set to 0 that should "
                "not be?"
            )
        elif _factor_of_its_own(found, right, same) and _running_total(found, right):
            yield (
                f"The first {row} is right, and each {row} after it is smaller than it should be: "
                "does a sum go on growing that should begin at 0 again?"
            )
        elif _factor_of_its_own(found, right, same) and same(
            found.sum(axis=1), np.ones(len(found))
        ):
            yield (
                f"Each {row} adds up to 1 here, and should not: is it divided by its sum, which "
                "nothing asks for?"
            )
        elif _factor_of_its_own(found, right, same) and same(
            right.sum(axis=1), np.ones(len(right))
        ):
            yield (
                f"Each {row} should add up to 1 and does not: is it divided by the sum of just "
                "these values, no more and no less?"
            )
        elif _factor_of_its_own(found, right, same):
            yield (
                f"Each {row} is off by a factor of its own: is a normalisation missing or too "
                f"many, or does it run over {column}s in place of {row}s?"
            )
        elif same(found - (found - right).mean(axis=1, keepdims=True), right):
            yield (
                f"Each {row} is off by an amount of its own: is a term missing, or does "
                "broadcasting lay it along the wrong axis?"
            )


_OF_VALUES = "The values should add up to 1 and do"


def _all_alike(values: Array, same: Same) -> bool:
    return same(values, np.full(values.shape, values[0]))


def sums_to_one(a: Array, b: Array, same: Same) -> Hints:
    """Shares that do not add up to 1 in the lines in which the right ones do."""
    if a.shape != b.shape or b.ndim not in (1, 2) or (b < 0).any():
        return
    for axis, line in ((-1, "row"), (0, "column"))[: b.ndim]:
        right, found = b.sum(axis=axis), a.sum(axis=axis)
        if b.shape[axis] < 2 or not same(right, np.ones_like(right)):
            continue
        if not np.isclose(found, 1.0, rtol=1e-3).any():
            who = f"Each {line} should add up to 1 and does" if b.ndim == 2 else _OF_VALUES
            yield (
                f"{who} not: is the division by the sum missing, or does something come after it?"
            )


def _factor_of_its_own(found: Array, right: Array, same: Same) -> bool:
    """Whether each row is a multiple of the right one, which does not say where it has one entry
    that is not 0.
    """
    if (np.count_nonzero(right, axis=1) < 2).any():
        return False
    squares = np.sum(right * right, axis=1, keepdims=True)
    factors = np.sum(found * right, axis=1, keepdims=True) / squares
    return bool((factors > 0).all()) and same(found / factors, right)


def _running_total(found: Array, right: Array) -> bool:
    """Whether the first row is right, and all others are too small."""
    factors = found.sum(axis=1) / right.sum(axis=1)
    return bool(len(factors) > 2 and abs(factors[0] - 1) < 1e-6 and (factors[1:] < 1 - 1e-6).all())


def _normalised_the_other_way(found: Array, right: Array, same: Same) -> bool:
    """Whether rows add up to 1 in one and columns in the other, and both come from the same values:
    then the quotients are those of a column and a row.
    """
    if (found <= 0).any() or (right <= 0).any():
        return False
    for axis in (0, 1):
        ones = np.ones(found.shape[1 - axis])
        if same(found.sum(axis=axis), ones) and same(
            right.sum(axis=1 - axis), ones[:1].repeat(found.shape[axis])
        ):
            quotients = found / right
            return same(quotients * quotients[0, 0], np.outer(quotients[:, 0], quotients[0]))
    return False
