"""Turn what a student's function returned into an array, or say why it is not an array."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from numbers import Number
from typing import Any

import numpy as np

__all__ = [
    "Array",
    "Mismatch",
    "as_array",
    "shape_cause",
    "shape_guess",
    "shape_mismatch",
    "show_shape",
    "what_it_is",
]

Array = np.ndarray[Any, np.dtype[Any]]

_NUMBERS = frozenset((bool, int, float, complex, Fraction, Decimal))
MAX_NESTED = 8  # a list may contain itself


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Why a value is not as expected: symptom, likely cause, and a detail for visible checks."""

    symptom: str
    cause: str = ""
    detail: str = ""
    unreadable: bool = False  # it is no array of numbers or labels at all
    of_shape: bool = False  # the shapes differ
    guess: str = ""  # a less likely cause than the question's own hint


def as_array(value: object) -> Array | Mismatch:
    """The value as a plain array: it may be a number, a list, an array or a torch tensor.

    Only types that NumPy can read are accepted. An object that pretends to have every attribute is
    refused, and so is an array of Python objects: such an array is slow and fails elsewhere.
    Fractions and Decimals in lists are read as float64. The array holds Python objects only where
    whole numbers are too large for every dtype of NumPy.
    """
    if value is None:
        cause = "The function returned nothing: is a `return` missing?"
        return Mismatch("found None", cause, unreadable=True)
    value = _without_graph(value)
    if not _is_readable(value):
        return _not_an_array(value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = np.array(value, subok=False)
    except (ValueError, TypeError, RuntimeError, OverflowError):
        return Mismatch(
            f"found {_kind(value)}, which is not an array of numbers",
            "Do all rows have the same length, and are all entries numbers?",
            unreadable=True,
        )
    if array.dtype == object:
        numbers = _numbers(array)
        if isinstance(value, np.ndarray) and numbers is not None and numbers.dtype != object:
            return _OF_OBJECTS
        return _not_an_array(value) if numbers is None else numbers
    return array if array.dtype.kind in "biufcUS" else _not_an_array(value)


def _is_readable(value: object) -> bool:
    """Whether its type is one from which NumPy makes arrays."""
    ways = ("__array__", "__array_interface__", "__array_struct__")
    if isinstance(value, (Number, str, np.generic, Sequence)):
        return True
    if any(hasattr(type(value), way) for way in ways):
        return True
    try:
        memoryview(value)  # type: ignore[arg-type]
    except TypeError:
        return False
    return True


def _without_graph(value: Any, depth: int = 0) -> Any:
    """A torch tensor, maybe on a GPU and with a graph, as NumPy can read it; lists of them, too."""
    if hasattr(type(value), "detach") and hasattr(type(value), "cpu"):
        return value.detach().cpu()
    if type(value) not in (list, tuple) or depth > MAX_NESTED:
        return value
    if not any(hasattr(type(one), "__len__") for one in value):
        return value
    return type(value)(_without_graph(one, depth + 1) for one in value)


def _numbers(array: Array) -> Array | None:
    """An array of Python objects that are all numbers: of an exact dtype where one holds them, as
    it is where all are whole and too large for that, else of float64.
    """
    kinds = set(map(type, array.flat))
    if not array.size or not all(kind in _NUMBERS or _is_numpys(kind) for kind in kinds):
        return None
    if kinds == {int} and max(map(abs, array.flat)) >= 2**63:
        return array
    try:
        plain = np.array(array.tolist())
        return array.astype(np.float64) if plain.dtype == object else plain
    except (OverflowError, TypeError, ValueError):
        return None


def _is_numpys(kind: type) -> bool:
    return kind.__module__ == "numpy" and issubclass(kind, (np.number, np.bool_))


def show_shape(array: Array) -> str:
    """The shape in words: "a single number", "shape (3,)"."""
    return f"shape {array.shape}" if array.ndim else "a single number"


def shape_mismatch(actual: Array, expected: Array) -> Mismatch | None:
    """A message about a wrong shape, or None. Nothing is ever broadcast."""
    if actual.shape == expected.shape:
        return None
    symptom = f"found {show_shape(actual)}, expected {show_shape(expected)}"
    return Mismatch(
        symptom,
        shape_cause(actual.shape, expected.shape),
        of_shape=True,
        guess=shape_guess(actual.shape, expected.shape),
    )


def shape_cause(actual: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """A cause that the two shapes leave hardly any doubt about, or ""."""
    if math.prod(actual) == 0:
        return (
            "The result is empty: does the loop run, and does the slice or mask select anything? "
            "A slice `[p:-p]` is empty for p = 0, because −0 is 0."
        )
    if len(actual) > 1 and actual == expected[::-1]:
        return "This is the shape of the transpose: which index counts the rows?"
    if [n for n in actual if n != 1] == [n for n in expected if n != 1]:
        if len(actual) == len(expected):
            return "The axis of length 1 is in the wrong place: look at `axis` and `reshape`."
        more = "too many" if len(actual) > len(expected) else "missing"
        return (
            f"An axis of length 1 is {more}: "
            "look at `keepdims`, at `reshape` and at indexing with lists."
        )
    return _axis_too_many(actual, expected)


def shape_guess(actual: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """A cause that many wrong results of this shape have, or "" if the shapes suggest none."""
    if math.prod(actual) == math.prod(expected):
        return "The number of values is right: is a `reshape` missing, or is there one too many?"
    if not actual:
        return "The result is a single number: is a sum, mean or norm taken over too many axes?"
    return (
        _length_of_another_axis(actual, expected)
        or _other_axis(actual, expected)
        or _pairs(actual, expected)
        or _axis_gone(actual, expected)
    )


def _pairs(actual: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """A hint where a square matrix is asked for: one number for each pair."""
    if len(expected) != 2 or len({*expected}) != 1:
        return ""
    asked = f"one number for each pair of {expected[0]} is asked for"
    if actual == expected[:1]:
        return (
            f"There is one number for each of {actual[0]}, and {asked}: which rows, which columns?"
        )
    if len(actual) == 2 and len({*actual}) == 1:
        return (
            f"There is one number for each pair of {actual[0]}, and {asked}: does a matrix "
            "product sum over the wrong index, as `A @ A.T` does in place of `A.T @ A`?"
        )
    return ""


def _other_axis(actual: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """A hint where a list of numbers has another length."""
    if len(actual) != 1 or len(expected) != 1:
        return ""
    return (
        f"There is one number for each of {actual[0]}, and one for each of {expected[0]} is asked "
        "for: does a sum, mean or maximum run along the wrong axis?"
    )


def _axis_too_many(actual: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """A hint where one axis has to go."""
    if len(actual) != len(expected) + 1:
        return ""
    for axis, length in enumerate(actual):
        if actual[:axis] + actual[axis + 1 :] == expected:
            return (
                f"Axis {axis}, of length {length}, is too many: is a sum or mean over it missing?"
            )
    return ""


def _axis_gone(actual: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """A hint where one axis is not there any more."""
    if len(actual) != len(expected) - 1:
        return ""
    gone = [
        axis for axis in range(len(expected)) if expected[:axis] + expected[axis + 1 :] == actual
    ]
    if not gone:
        return ""
    which = f"Axis {gone[0]}, of length {expected[gone[0]]}," if len(gone) == 1 else "An axis"
    return f"{which} is gone: is a sum, mean or maximum taken over it, or one entry of it picked?"


def _length_of_another_axis(actual: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """A hint where one axis alone is wrong, and as long as another one."""
    if len(actual) != len(expected):
        return ""
    wrong = [
        axis for axis, pair in enumerate(zip(actual, expected, strict=True)) if len({*pair}) > 1
    ]
    others = [n for axis, n in enumerate(expected) if axis not in wrong]
    if len(wrong) != 1 or actual[wrong[0]] not in others:
        return ""
    return (
        f"Axis {wrong[0]} is as long as axis {expected.index(actual[wrong[0]])}: "
        "is one count used for both?"
    )


_OF_OBJECTS = Mismatch(
    "found an array of Python objects (its dtype is object)",
    "`np.frompyfunc` and `dtype=object` make such arrays: `.astype(float)` makes one of numbers.",
    unreadable=True,
)


def _not_an_array(value: object) -> Mismatch:
    if callable(value):
        return Mismatch(
            "found a function, expected its result",
            "Are the brackets missing in the call?",
            unreadable=True,
        )
    if isinstance(value, np.ndarray | list | tuple):
        return Mismatch(
            f"found {_kind(value)} whose entries are not all numbers",
            "Do all rows have the same length, and is there a None among them?",
            unreadable=True,
        )
    if type(value).__module__.partition(".")[0] == "cvxpy":
        return Mismatch(
            "found an expression of cvxpy, expected numbers",
            "After `solve()`, its numbers are in `.value`: return `alpha.value`, not `alpha`.",
            unreadable=True,
        )
    return Mismatch(f"found {_kind(value)}, which cannot be read as numbers", unreadable=True)


def what_it_is(value: object) -> str:
    """A value in words: "one array of shape (2,)", "3 values", "a dict"."""
    if isinstance(value, tuple | list):
        return f"{len(value)} value{'' if len(value) == 1 else 's'}"
    if value is None:
        return "None"
    array = as_array(value)
    if isinstance(array, Mismatch):
        return _kind(value)
    if hasattr(type(value), "detach"):
        return f"one tensor of shape {array.shape}"
    if isinstance(value, str | bytes):
        return "a text"
    return f"one array of {show_shape(array)}" if array.ndim else "one number"


def _kind(value: object) -> str:
    name = type(value).__name__
    known = isinstance(value, np.ndarray) or type(value).__module__ == "builtins"
    return f"an {name}" if known and name[0] in "aeiou" else f"a {name}" if known else "an object"
