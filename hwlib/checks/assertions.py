"""The checks that test cells call: each compares, and says what is seen and what may cause it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hwlib.checks.caller import is_hidden
from hwlib.checks.recognise import Mistakes, likely_cause
from hwlib.checks.rules import Close, Exact, NormWise, Rule, compare
from hwlib.errors import CheckFailed, HwlibError

__all__ = ["close", "equal", "gradient", "passed", "raises", "true"]


def close(
    actual: object,
    expected: object,
    *,
    what: str = "the result",
    rtol: float = 1e-6,
    atol: float = 0.0,
    mistakes: Mistakes | None = None,
    hint: str = "",
) -> None:
    """Numbers agree: same shape, finite, and |a − b| ≤ atol + rtol·max|expected|.

    The scale is that of the whole array, because rounding errors are as large as the terms added
    up, not as what is left of them.

    Parameters
    ----------
    actual : numbers, lists of them, arrays, torch tensors
        What the student's code gave.
    expected : the same, of the shape required
        Never broadcast; best from an oracle that is not the reference solution.
    what : str
        Names the value in messages, with its article: "the distances".
    mistakes : dict of str to value or function without arguments, optional
        Hint → the result that this mistake gives. A function is called only when the check fails;
        one that raises is skipped, and so is a mistake whose result is right here.
    hint : str
        What to say where no mistake is recognised: what this check is about.

    Raises
    ------
    CheckFailed
        With the symptom, a hint where the mistake is recognised, and, in visible checks only, the
        values found and expected.

    Examples
    --------
    >>> close([1.0, 2.0], [1.0, 2.0 + 1e-9])
    >>> try:
    ...     close([2.0, 4.0], [1.0, 2.0])
    ... except CheckFailed as failure:
    ...     print(failure.hint)
    Every value is exactly 2 times the right one: is a ½ missing, or a term counted twice?
    """
    _judge(actual, expected, Close(rtol, atol), what, mistakes, hint)


def gradient(
    actual: object,
    expected: object,
    *,
    what: str = "the gradient",
    tol: float = 1e-6,
    mistakes: Mistakes | None = None,
    hint: str = "",
) -> None:
    """Gradients agree in norm: ‖a − b‖ / (‖a‖ + ‖b‖) ≤ tol, same shape and finite.

    Parameters and errors as in `close`. Norm-wise, because entries near 0 of a correct gradient are
    wrong in most of their digits.
    """
    _judge(actual, expected, NormWise(tol), what, mistakes, hint)


def equal(
    actual: object,
    expected: object,
    *,
    what: str = "the result",
    mistakes: Mistakes | None = None,
    hint: str = "",
) -> None:
    """Labels, counts, truth values or strings are equal, and of the same shape; 3.0 is taken for
    the label 3.

    Parameters and errors as in `close`.
    """
    _judge(actual, expected, Exact(), what, mistakes, hint)


def true(condition: object, symptom: str, hint: str = "", detail: str = "") -> None:
    """A condition holds; only True counts, not any object that claims to be.

    Parameters
    ----------
    symptom, hint, detail : str
        As in `CheckFailed`; the detail is left out where the check is hidden.
    """
    if isinstance(condition, np.ndarray) and condition.ndim == 0:
        condition = condition[()]
    if not (isinstance(condition, bool | np.bool_) and condition):
        raise CheckFailed(symptom, hint, "" if is_hidden() else detail)


def raises(
    exception: type[Exception] | tuple[type[Exception], ...],
    function: Callable[..., object],
    *args: object,
    hint: str = "",
) -> None:
    """Calling `function(*args)` raises one of these exceptions.

    Raises
    ------
    CheckFailed
        If it returns, or raises another exception; hwlib's own errors (a time limit, a lost worker)
        pass through.
    """
    kinds = exception if isinstance(exception, tuple) else (exception,)
    names = " or ".join(kind.__name__ for kind in kinds)
    try:
        function(*args)
    except kinds:
        return
    except HwlibError:
        raise
    except Exception as error:  # noqa: BLE001  the check reports whatever else was raised
        found = f"it raised {type(error).__name__}"
    else:
        found = "it returned"
    raise CheckFailed(f"Expected the call to raise {names}, but {found}.", hint)


def passed(text: str) -> None:
    """Print a line with a check mark, for the end of a visible check."""
    print(f"✓ {text}")  # noqa: T201  this is what the student sees


def _judge(
    actual: object, expected: object, rule: Rule, what: str, mistakes: Mistakes | None, hint: str
) -> None:
    with np.errstate(all="ignore"):  # nothing to stderr: nbgrader scores a cell that writes there 0
        mismatch = compare(rule, actual, expected)
        if mismatch is None:
            return
        cause = likely_cause(actual, expected, rule, mistakes) or hint or mismatch.cause
    symptom = f"{what[:1].upper()}{what[1:]}: {mismatch.symptom}."
    raise CheckFailed(symptom, cause, "" if is_hidden() else mismatch.detail)
