"""Tell the worker what a test changes in values that it has read from a student's object.

In a notebook a list, dict, array or tensor that was read from a student's object is a part of it:
`net.params["W"][0] = 1` changes the network. Here it is a copy, so the next request says what the
test has changed. This is done for small values, and as long as the test holds them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from hwlib.grading.engines.mirrors import is_standin
from hwlib.grading.sandbox.changes import OTHERS, Snapshot
from hwlib.grading.sandbox.codec import plain

__all__ = ["Watched"]

MAX_WATCHED = 64
MAX_BYTES = 2**23  # of the arrays in a value


@dataclass(slots=True)
class _Value:
    field: str  # of a request, for its new content
    number: int
    value: Any
    before: Any  # as it was when both sides had the same


class Watched:
    """The values that came as copies of parts of the student's objects."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: list[_Value] = []

    def watch(self, field: str, number: int, value: Any) -> None:
        """Tell of changes in this value from now on."""
        before = _content(value)
        if not isinstance(before, Snapshot) or before.nbytes <= MAX_BYTES:
            self._values.append(_Value(field, number, value, before))
            del self._values[:-MAX_WATCHED]

    def note(self, value: Any) -> None:
        """Both sides have this value as it is now."""
        for one in self._values:
            if one.value is value:
                one.before = _content(value)

    def news(self) -> dict[str, Any]:
        """What the test has changed since: fields of a request."""
        if not self._values:
            return {}
        found: dict[str, Any] = {}
        for one in self._values:
            if _changed(one):
                one.before = _content(one.value)
                found.setdefault(one.field, []).append([one.number, _plain(one.value)])
        self._values = [one for one in self._values if _is_held(one)]
        return found


def _changed(one: _Value) -> bool:
    if isinstance(one.before, Snapshot):
        return bool(one.before.changed())
    now = _content(one.value)
    if len(now) != len(one.before):
        return True
    return any(a is not b for a, b in zip(now, one.before, strict=True))


def _is_held(one: _Value) -> bool:
    if isinstance(one.before, Snapshot):
        return one.before.is_held_by_others(OTHERS + 1)  # this value's own
    return sys.getrefcount(one.value) > 2  # its place in `one`, and this call's


def _content(value: Any) -> Any:
    """The items of an instance of a student's subclass, else a snapshot."""
    content = _plain(value)
    if content is value:
        return Snapshot([value])
    return [*content, *content.values()] if isinstance(content, dict) else [*content]


def _plain(value: Any) -> Any:
    if not is_standin(value):
        return value
    return plain(value, next(base for base in (list, dict, set) if isinstance(value, base)))
