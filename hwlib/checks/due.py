"""What a result is compared with where a mistake has already cost its points in another part."""

from __future__ import annotations

import sys
import warnings

import numpy as np

from hwlib.checks.caller import calling_file, outermost_code
from hwlib.checks.context import current
from hwlib.checks.rules import Close, compare

__all__ = ["EXCUSED", "due", "forget_excuses", "was_excused"]

EXCUSED = (
    "no points are lost here, but this is not right yet: it follows from a mistake that another "
    "check names."
)


def due(
    found: object, right: object, *paid: object, rtol: float = 1e-6, atol: float = 0.0
) -> object:
    """The value that a result should have, so that no mistake is paid twice.

    It is `right`, unless `found` is the result of a mistake that costs its points elsewhere. Then
    it is that result, and the check that follows passes. The line with ✓ says so.

    Parameters
    ----------
    found : numbers, lists of them, arrays
        The result of the student's code.
    right : the same
        The right value.
    *paid : values, or functions without arguments
        What the mistakes give that another part or question notices for certain. One that is None,
        or whose function raises, is skipped.
    rtol, atol : float
        As in `close`.

    Examples
    --------
    >>> due([4.0, 9.0], [2.0, 3.0], [4.0, 9.0])     # squares: paid in the first part
    [4.0, 9.0]
    >>> due([2.0, 4.0], [2.0, 3.0], [4.0, 9.0])
    [2.0, 3.0]
    """
    rule = Close(rtol, atol)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if compare(rule, found, right) is None:
            return right
        for candidate in paid:
            try:
                value = candidate() if callable(candidate) else candidate
                if value is not None and compare(rule, found, value) is None:
                    current().excused.add(_run())
                    return value
            except Exception:  # noqa: BLE001  what can't be computed here explains nothing
                continue
    return right


def was_excused() -> bool:
    """Whether `due` has taken the result of a mistake in this run of the calling cell."""
    return _run() in current().excused


def forget_excuses() -> None:
    """Begin anew in the calling cell, as each part of a question does."""
    current().excused.discard(_run())


def _run() -> tuple[object, ...]:
    """The calling cell, and which run of it this is. Where IPython does not count the runs, it is
    the outermost code in the caller's file.
    """
    ipython = sys.modules.get("IPython.core.getipython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        return calling_file(), shell.execution_count
    return calling_file(), outermost_code()
