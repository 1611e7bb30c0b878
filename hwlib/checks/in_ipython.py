"""In a notebook, an error is shown in two or three lines where a traceback says no more than that.

That is so in every check, and in other cells for an answer that is not written yet, for an error
that a library raised, and for arrays that do not fit together.
"""

from __future__ import annotations

import contextlib
import linecache
import os
import re
import sys
import traceback
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from hwlib.checks.advice import advice
from hwlib.checks.raised import is_cell, is_unwritten, own_frames, place, told_of
from hwlib.checks.shapes import shapes_in
from hwlib.errors import HwlibError, headline

__all__ = ["shorten_errors"]

LENGTH = 300  # characters of a message
_CHECK = re.compile(r"\s*(with )?check\.\w+\(")
_WHOLE = "(%tb shows where in the library.)"


def shorten_errors() -> None:
    """Show errors in a few lines where that is all there is to say.

    It does nothing outside of IPython, in a kernel that grades, and where another handler is set.
    """
    if "IPython" not in sys.modules or os.environ.get("HWLIB_GRADING"):
        return
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if shell is not None and not getattr(shell, "custom_exceptions", ((),)):
        shell.set_custom_exc((Exception,), _show)


def _show(
    shell: Any,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType,
    tb_offset: int | None = None,
) -> None:
    if not hasattr(error, "_render_traceback_"):
        lines = _lines(error)
        with contextlib.suppress(AttributeError):  # an error that takes none is shown whole
            if lines:
                error._render_traceback_ = _once(error, lines)  # type: ignore[attr-defined]
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)


def _lines(error: BaseException) -> list[str]:
    if isinstance(error, HwlibError):
        return [headline(f"✗ {error}")]
    return _of_check(error) if _is_of_check(error) else _of_own_cell(error)


def _once(error: BaseException, lines: list[str]) -> Callable[[], list[str]]:
    """What IPython calls for the lines; when it is asked again, with %tb, it shows all frames."""

    def render() -> list[str]:
        with contextlib.suppress(AttributeError):
            del error._render_traceback_  # type: ignore[attr-defined]
        return lines

    return render


def _is_of_check(error: BaseException) -> bool:
    """Whether the cell that was run is a check: it calls the checks of hwlib."""
    frames = own_frames(error)
    lines = linecache.getlines(frames[0].filename) if frames else []
    return any(map(_CHECK.match, lines))


def _of_check(error: BaseException) -> list[str]:
    told = told_of(error)
    shapes = _shapes(error) if len(own_frames(error)) > 1 else ""  # not those of the test itself
    return [headline(f"✗ {told.symptom}"), *filter(None, [shapes, told.hint])]


def _of_own_cell(error: BaseException) -> list[str]:
    """The lines for an error in a cell that is no check; [] if IPython's own say more."""
    frames = own_frames(error)
    if not frames:
        return []
    if is_unwritten(error) or (isinstance(error, NameError) and len(frames) == 1):
        told = told_of(error)
        return [headline(f"✗ {told.symptom}"), *filter(None, [told.hint])]
    kind, message = type(error).__name__, str(error).strip()
    shapes = _shapes(error)
    from_library = not is_cell(traceback.extract_tb(error.__traceback__)[-1].filename)
    hint = advice(kind, message)
    if not from_library and not (shapes and hint):
        return []
    symptom = f"✗ {kind}: {message.splitlines()[0][:LENGTH]}" if message else f"✗ {kind}"
    whole = _WHOLE if from_library else ""
    lines = [place(frames[-1]), " ".join(filter(None, (shapes, hint))), whole]
    return [headline(symptom), *filter(None, lines)]


def _shapes(error: BaseException) -> str:
    """The shapes in the innermost line of the notebook's own."""
    own: tuple[FrameType, int] | None = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        if is_cell(frame.f_code.co_filename):
            own = frame, line
    with contextlib.suppress(Exception):  # a message more must never replace the error
        return shapes_in(*own) if own else ""
    return ""
