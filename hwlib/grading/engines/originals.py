"""Hand back to the student's code the very value that it has made, where a test gets it in another
form (`sandbox.originals`).
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwlib.grading.sandbox.originals import MAX_BYTES

__all__ = ["Originals"]

MAX_KNOWN = 128  # the newest; the worker keeps more
MAX_CELLS = 10_000  # of a table


@dataclass(frozen=True, slots=True)
class _Known:
    """A value as it arrived, and how the worker is told of it."""

    value: Any  # held, so that no other value gets its id
    before: Any
    told: dict[str, Any]

    def reference(self) -> dict[str, Any] | None:
        """What the worker gets in place of the value; None if the test has changed it."""
        return self.told if _content_of(self.value) == self.before else None


class Originals:
    """The newest of them, by the id of what the test has."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known: OrderedDict[int, _Known] = OrderedDict()

    def note(self, value: Any, told: dict[str, Any]) -> Any:
        """Hand this value back as `told`, unless it is too large to be kept; returns it."""
        if _is_small(value):
            self.known[id(value)] = _Known(value, _content_of(value), told)
            while len(self.known) > MAX_KNOWN:
                self.known.popitem(last=False)
        return value


def _is_small(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.nbytes <= MAX_BYTES and not value.dtype.hasobject
    if isinstance(value, BaseException):
        return True
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(value, pandas.DataFrame | pandas.Series):
        return False
    return value.size <= MAX_CELLS and bool(np.sum(value.memory_usage(deep=True)) <= MAX_BYTES)


def _content_of(value: Any) -> Any:
    """What can be compared; None for what can't change."""
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, np.asarray(value).tobytes()
    if isinstance(value, BaseException):
        return None
    try:
        hashed = sys.modules["pandas"].util.hash_pandas_object(value)
        return list(getattr(value, "columns", ())), hashed.to_numpy().tobytes()
    except (TypeError, ValueError):  # something in it can't be compared: it is never the same
        return object()
