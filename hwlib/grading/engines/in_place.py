"""What a call did to its arguments in place, shown to the test or kept from it.

In a notebook a function changes the caller's list. Here it works on a copy, and the worker says
what it changed. The test gets to see the change where the argument is the answer. It does not where
the argument is an oracle (`test_source`), where `check.unchanged` watches it (the check fails by
itself), or where it belongs to the setup cells: other submissions are graded with the same values.
Without this, `fit(X, y)` could set `y` to zeros and be right about it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import FrameType
from typing import Any

import numpy as np

from hwlib import checks
from hwlib.checks.context import current
from hwlib.errors import WireError, WorkerMisbehaved
from hwlib.grading.engines.links import Conversation
from hwlib.grading.engines.mirrors import is_standin
from hwlib.grading.engines.test_source import source_of
from hwlib.grading.sandbox.changes import at_path, fill

__all__ = ["calling_frame", "note_changes"]

MAX_PATHS = 1000
MAX_LOOKED_AT = 50_000  # values of the setup cells


def calling_frame() -> FrameType | None:
    """The innermost frame outside hwlib."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and str(frame.f_globals.get("__name__", "")).split(".")[0] == "hwlib":
        frame = frame.f_back
    return frame


def note_changes(session: Conversation, changed: Any, args: list[Any]) -> None:
    """Tell the checks which of the test's own arguments the student's copy of was changed, and the
    test what was done to those that it may see.
    """
    if type(changed) is not list:
        return
    found = [
        (path, value) for path in changed[:MAX_PATHS] if (value := _at(args, path)) is not None
    ]
    for path, _ in found:
        for length in range(1, len(path) + 1):
            value = _at(args, path[:length])
            if not is_standin(value):
                checks.note_changed(value)
    shown = _shown(found)
    if shown:
        _show(session, args, shown)


def _at(args: list[Any], path: Any) -> Any:
    """The object at a path, None where there is none."""
    try:
        value = at_path(args, path, is_standin)
    except LookupError:
        return None
    return None if is_standin(value) else value


def _shown(found: list[tuple[list[Any], Any]]) -> set[int]:
    """The positions of arguments whose changes the test shall see."""
    frame = calling_frame()
    source = None if frame is None else source_of(frame.f_code.co_filename)
    if frame is None or source is None or current().watchers:
        return set()
    positions = {path[0] for path, _ in found if type(path[0]) is int}
    shown = {position for position in positions if source.may_show_change(frame, position)}
    if not shown:
        return shown
    given = _Given(value for name, value in frame.f_globals.items() if name not in source.stored)
    return shown - {path[0] for path, value in found if path[0] in shown and given.has(value)}


def _show(session: Conversation, args: list[Any], shown: set[int]) -> None:
    told = session.request("changes").get("value")
    if type(told) is not list:
        raise WorkerMisbehaved("changes that are none")
    objects = []
    for entry in told[:MAX_PATHS]:
        if type(entry) is not list or len(entry) != 2:
            raise WorkerMisbehaved("changes that are none")
        value = _at(args, entry[0])
        if value is not None and entry[0][0] in shown:
            objects.append((value, entry[1]))
    before = list(args)
    try:
        for value, content in objects:
            fill(value, content, lambda path: _at(before, path))
    except (WireError, LookupError, TypeError, ValueError, RuntimeError) as error:
        raise WorkerMisbehaved(f"changes that do not fit: {error}") from None


class _Given:
    """The objects that setup cells made."""

    def __init__(self, values: Iterable[Any]) -> None:
        self._ids, self._arrays = set[int](), list[Any]()
        stack = list(values)
        while stack and len(self._ids) <= MAX_LOOKED_AT:
            value = stack.pop()
            if id(value) in self._ids:
                continue
            if isinstance(value, (list, tuple, set, dict, np.ndarray)) or hasattr(value, "numpy"):
                self._ids.add(id(value))
            if (array := _memory(value)) is not None:
                self._arrays.append(array)
            elif isinstance(value, dict):
                stack.extend(value.values())
            elif isinstance(value, (list, tuple, set)):
                stack.extend(value)
        self._is_whole = not stack

    def has(self, value: Any) -> bool:
        """Whether this is one of them, or a part of the memory of one."""
        if not self._is_whole or id(value) in self._ids:
            return True
        memory = _memory(value)
        return memory is not None and any(np.may_share_memory(memory, one) for one in self._arrays)


def _memory(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor) and value.layout == torch.strided:
        return value.detach().cpu().numpy()
    return None
