"""Rules that say when two values count as the same: close, close in norm, or exactly equal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hwlib.checks.values import Array, Mismatch, as_array, shape_mismatch

__all__ = ["Close", "Exact", "NormWise", "Rule", "compare", "one_digit"]


class Rule(Protocol):
    """A way of comparing: which values it can read, and where two arrays of one shape differ."""

    def read(self, value: object) -> Array | Mismatch:
        """The value as an array for `differ`, or the reason why it cannot be one."""

    def differ(self, actual: Array, expected: Array) -> Mismatch | None:
        """The mismatch, or None if they count as the same."""


def compare(rule: Rule, actual: object, expected: object) -> Mismatch | None:
    """The mismatch, or None if `actual` counts as `expected`.

    `expected` comes from the author of the test and must be readable.
    """
    right = rule.read(expected)
    if isinstance(right, Mismatch):
        raise TypeError(f"the expected value of a check must be numbers or labels: {right.symptom}")
    found = rule.read(actual)
    if isinstance(found, Mismatch):
        return found
    return shape_mismatch(found, right) or rule.differ(found, right)


@dataclass(frozen=True, slots=True)
class Close:
    """|a − b| ≤ atol + rtol·max|expected|, where the scale is that of the whole array.

    Rounding errors are as large as the terms of a sum, and the sum may be much smaller. If terms of
    some thousands cancel to 1e-12, the sum cannot be right to 1e-6 of itself.
    """

    rtol: float
    atol: float

    def read(self, value: object) -> Array | Mismatch:
        """As float64."""
        return _read_numbers(value)

    def differ(self, actual: Array, expected: Array) -> Mismatch | None:
        """Non-finite values first, then the differences."""
        finite = np.isfinite(expected)
        if (unfinished := _non_finite(actual, expected, finite)) is not None:
            return unfinished
        if not finite.any():
            return None
        difference = np.where(finite, np.abs(actual - np.where(finite, expected, 0.0)), 0.0)
        scale = float(np.max(np.abs(expected[finite])))
        wrong = difference > self.atol + self.rtol * scale
        if not wrong.any():
            return None
        return _describe(actual, expected, difference, wrong, scale)


@dataclass(frozen=True, slots=True)
class NormWise:
    """‖a − b‖ / (‖a‖ + ‖b‖) ≤ tol, for gradients, where single entries near 0 do not matter."""

    tol: float

    def read(self, value: object) -> Array | Mismatch:
        """As float64."""
        return _read_numbers(value)

    def differ(self, actual: Array, expected: Array) -> Mismatch | None:
        """Non-finite values first, then the norm of the difference."""
        if (unfinished := _non_finite(actual, expected, np.isfinite(expected))) is not None:
            return unfinished
        largest = (
            max(np.max(np.abs(actual), initial=0.0), np.max(np.abs(expected), initial=0.0)) or 1.0
        )
        # divided, so that no square overflows
        difference = np.abs(actual / largest - expected / largest)
        both = float(np.linalg.norm(actual / largest) + np.linalg.norm(expected / largest))
        error = float(np.linalg.norm(difference)) / both if both else 0.0
        if error <= self.tol:
            return None
        place = _place(difference)
        measure = "the relative error ‖a − b‖ / (‖a‖ + ‖b‖)"
        symptom = f"{measure} is about {one_digit(error)}, which is above {self.tol:g}"
        return Mismatch(symptom, detail=_values_at(actual, expected, place))


@dataclass(frozen=True, slots=True)
class Exact:
    """Equal integers, labels, truth values or strings. 3.0 is accepted for the label 3."""

    def read(self, value: object) -> Array | Mismatch:
        """As it is. Complex numbers are refused."""
        array = as_array(value)
        if isinstance(array, Mismatch):
            return array
        return Mismatch("found complex numbers") if array.dtype.kind == "c" else array

    def differ(self, actual: Array, expected: Array) -> Mismatch | None:
        """The kind of value first, then the values."""
        found, right = _family(actual), _family(expected)
        if expected.size and found != right and {found, right} != {"integers", "numbers"}:
            return Mismatch(f"found {found}, expected {right}")
        if expected.size and (found, right) == ("numbers", "integers"):
            return Mismatch(
                "found numbers that are not all integers",
                "These look like values, not labels: is an `argmax` or a rounding step missing?",
            )
        wrong = np.asarray(actual != expected)
        if not wrong.any():
            return None
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        symptom = (
            f"{_count(wrong)} differ, the first at {_show(place)}"
            if place
            else "not the right value"
        )
        return Mismatch(symptom, detail=_values_at(actual, expected, place))


def one_digit(number: float) -> str:
    """A positive number to one significant digit.

    A hidden check may not say more about a difference.
    """
    return f"{float(f'{number:.0e}'):g}"


def _read_numbers(value: object) -> Array | Mismatch:
    array = as_array(value)
    if isinstance(array, Mismatch):
        return array
    if array.dtype.kind == "c":
        return Mismatch("found complex numbers", "Does the code take a root of a negative number?")
    if array.dtype.kind in "US":
        return Mismatch("found text, expected numbers")
    if array.dtype.kind == "b":
        return Mismatch("found True and False, expected numbers")
    try:
        return array.astype(np.float64)
    except OverflowError:
        return Mismatch("found numbers that are too large to be compared as close")


def _non_finite(actual: Array, expected: Array, finite: Array) -> Mismatch | None:
    bad = ~np.isfinite(actual) & finite
    if bad.any():
        nan = bool(np.isnan(actual[bad]).any())
        cause = (
            "NaN comes from 0/0, from ∞ − ∞, or from the root or logarithm of a negative number."
            if nan
            else "∞ comes from a division by 0, log 0, or the exp of a large number."
        )
        counted = f"{_count(bad)} are" if bad.ndim else "it is"
        return Mismatch(
            f"{counted} {'NaN' if nan else 'infinite'} where a finite number is expected", cause
        )
    same = np.where(finite, True, (actual == expected) | (np.isnan(actual) & np.isnan(expected)))
    if same.all():
        return None
    return Mismatch(f"{_count(~same)} are wrong: the expected values there are NaN or ∞")


def _describe(
    actual: Array, expected: Array, difference: Array, wrong: Array, scale: float
) -> Mismatch:
    place = _place(difference)
    size = (
        f"about {one_digit(float(difference[place]) / scale)} of the largest right value"
        if scale
        else f"about {one_digit(float(difference[place]))}"
    )
    if not wrong.ndim:
        symptom = f"off by {size.replace('largest right value', 'right value')}"
    else:
        largest = f"the largest difference, at {_show(place)}, is {size}"
        symptom = f"{_count(wrong)} differ{_where(wrong)}; {largest}"
    return Mismatch(symptom, detail=_values_at(actual, expected, place))


def _where(wrong: Array) -> str:
    """ ", all of them in column 3" if that is true and useful, else ""."""
    if wrong.ndim < 2 or min(wrong.shape) < 2 or wrong.sum() < 2:
        return ""
    for axis in range(wrong.ndim):
        lines = np.flatnonzero(wrong.any(axis=tuple({*range(wrong.ndim)} - {axis})))
        if len(lines) == 1:
            name = ("row", "column")[axis] if wrong.ndim == 2 else f"axis {axis} at index"
            return f", all of them in {name} {lines[0]}"
    if wrong.ndim == 2 and wrong.sum() > 2:
        row, column = np.nonzero(wrong)
        places = {"below": row > column, "on": row == column, "above": row < column}
        for name, at in places.items():
            if at.all():
                return f", all of them {name} the diagonal"
    return ""


def _place(difference: Array) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(difference)), difference.shape))


def _values_at(actual: Array, expected: Array, place: tuple[int, ...]) -> str:
    found, right = _item(actual[place]), _item(expected[place])
    if isinstance(found, float):
        found, right = f"{found:.10g}", f"{right:.10g}"
    return f"{f'At {_show(place)}: found' if place else 'Found'} {found}, expected {right}."


def _item(entry: object) -> object:
    return entry.item() if isinstance(entry, np.generic) else entry


def _count(mask: Array) -> str:
    return f"{int(mask.sum())} of {mask.size} values" if mask.ndim else "1 of 1 values"


def _show(place: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, place))}]"


def _family(array: Array) -> str:
    kind = array.dtype.kind
    if kind == "f":
        return "integers" if bool((array == np.floor(array)).all()) else "numbers"
    names = {"b": "True or False", "U": "text", "S": "bytes"}
    return names.get(kind, "integers")
