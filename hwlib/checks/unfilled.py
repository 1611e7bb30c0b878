"""Recognise results in which zeros stand where they do not belong, and all else is right."""

from __future__ import annotations

import numpy as np

from hwlib.checks.patterns import Hints, Same
from hwlib.checks.values import Array

__all__ = ["unfilled"]


def unfilled(a: Array, b: Array, same: Same) -> Hints:
    """Places that are never filled: at one end of an axis, or anywhere; and a mask that lets pass
    what it should stop.
    """
    if a.shape != b.shape:
        return
    is_zero, is_due = a == 0, b != 0
    if (is_zero == is_due).all() and not is_zero.all() and len(np.unique(b[is_due])) > 1:
        yield (
            "Zeros stand where values belong, and values where zeros belong: is the mask the wrong "
            "way round?"
        )
        return
    empty = is_zero & is_due
    if np.count_nonzero(empty) < 2 or empty.all() or not same(np.where(empty, b, a), b):
        return
    ends = [f"axis {axis} at its {end}" for axis, end in _ends(is_zero, empty)]
    if len(ends) == 1:
        slip = "begin one too late" if ends[0].endswith("start") else "end one too early"
        yield f"All is right but {ends[0]}, where every value is still 0: does a loop {slip}?"
    else:
        yield (
            "All is right but where the values are 0: is a mask too strict, or are some places "
            "never filled?"
        )


def _ends(is_zero: Array, empty: Array) -> list[tuple[int, str]]:
    """The ends of axes whose slices are 0 and hold all that is empty."""
    number = np.count_nonzero(empty)
    return [
        (axis, end)
        for axis, length in enumerate(empty.shape)
        for place, end in ((0, "start"), (-1, "end"))
        if length > 1
        and is_zero.take(place, axis).all()
        and np.count_nonzero(empty.take(place, axis)) == number
    ]
