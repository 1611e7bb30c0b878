"""Put the test's own objects where a result contains them, as in a notebook."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from hwlib.errors import WireError
from hwlib.grading.sandbox.arrays import is_plain_dtype
from hwlib.grading.sandbox.changes import MAPPINGS, Snapshot

__all__ = ["Tied", "part_of", "put_in", "view_of"]


def put_in(value: Any, path: list[Any], part: Any) -> Any:
    """A value with another part at the end of a path.

    Raises
    ------
    WireError
        If the path leads nowhere.

    Examples
    --------
    >>> put_in({"a": (1, [2])}, ["a", 1, 0], 5)
    {'a': (1, [5])}
    """
    if not path:
        return part
    key, rest = path[0], path[1:]
    if type(value) not in (list, tuple, deque, *MAPPINGS):
        return value  # a stand-in: its parts are asked of the worker
    try:
        inner = put_in(value[key], rest, part)
    except (LookupError, TypeError) as error:
        raise WireError("a part that the result does not have") from error
    if type(value) is tuple:
        return (*value[:key], inner, *value[key + 1 :])
    value[key] = inner
    return value


def part_of(value: Any, path: list[Any]) -> Any:
    """The part at the end of a path; WireError if it leads nowhere."""
    for key in path:
        if type(value) not in (list, tuple, deque, *MAPPINGS):
            raise WireError("a part of a value that has no parts")
        try:
            value = value[key]
        except (LookupError, TypeError) as error:
            raise WireError("a part that the result does not have") from error
    return value


def view_of(array: Any, like: Any, offset: Any, strides: Any) -> Any:
    """The view of a test's own array that lies where a student's view of its copy lies; None where
    nobody knows that the copy's memory lies as the array's.

    Parameters
    ----------
    array : ndarray
    like : ndarray
        The student's view, as it arrived: its shape and dtype.
    offset : int
        In bytes.
    strides : list of int
        In bytes.
    """
    for one in (array, like):
        if type(one) is not np.ndarray or not is_plain_dtype(one.dtype.str):
            return None
    if not array.flags.c_contiguous:
        return None
    numbers = [offset, *strides] if type(strides) is list else [None]
    if not all(type(one) is int for one in numbers):
        raise WireError("a view of another form")
    try:
        view = np.ndarray(like.shape, like.dtype, array, offset, tuple(strides))
    except (TypeError, ValueError, OverflowError) as error:
        raise WireError("a view that does not lie in its array") from error
    if not like.flags.writeable:
        view.flags.writeable = False
    return view


class Tied:
    """Results that share memory with an argument in a way that can't be repeated here. While
    nobody changes either, nothing is wrong.
    """

    __slots__ = ("_pairs",)

    def __init__(self) -> None:
        self._pairs: list[Snapshot] = []

    def tie(self, part: Any, own: Any) -> None:
        """Watch a part of a result, and an argument."""
        self._pairs.append(Snapshot([part, own]))

    def have_changed(self) -> bool:
        """Whether the test or the student's code has changed one of them; then all are
        forgotten.
        """
        pairs, self._pairs = self._pairs, []
        return any(pair.changed() for pair in pairs)
