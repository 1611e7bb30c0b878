"""Which cell called a check, and whether the calling line is a hidden test."""

from __future__ import annotations

import linecache
import sys
from functools import lru_cache
from types import CodeType, FrameType

from hwlib.markers import hidden_lines

__all__ = ["calling_file", "is_hidden", "outermost_code"]


def is_hidden() -> bool:
    """Whether the check now running was called from below the marker of hidden tests.

    The cell is the first frame outside hwlib; its source comes from linecache, where IPython and
    the grader register cells. A helper defined above the marker and called from below it counts as
    hidden, and so does a cell whose source can't be read.
    """
    frame = _calling_frame()
    if frame is None:
        return True
    lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    if not lines:
        return True
    hidden = _hidden_lines(tuple(lines))
    return any(line in hidden for line in _lines_in_same_file(frame))


_hidden_lines = lru_cache(maxsize=64)(hidden_lines)


def calling_file() -> str:
    """The name under which the calling cell was compiled; "" where there is none."""
    frame = _calling_frame()
    return frame.f_code.co_filename if frame is not None else ""


def outermost_code() -> CodeType | None:
    """The code of the calling file that all else in it was called from."""
    frame = _calling_frame()
    name, found = frame.f_code.co_filename if frame is not None else "", None
    while frame is not None:
        found = frame.f_code if frame.f_code.co_filename == name else found
        frame = frame.f_back
    return found


def _calling_frame() -> FrameType | None:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and str(frame.f_globals.get("__name__", "")).split(".")[0] == "hwlib":
        frame = frame.f_back
    return frame


def _lines_in_same_file(frame: FrameType) -> list[int]:
    name, lines = frame.f_code.co_filename, []
    following: FrameType | None = frame
    while following is not None:
        if following.f_code.co_filename == name:
            lines.append(following.f_lineno)
        following = following.f_back
    return lines
