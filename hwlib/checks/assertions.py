"""The checks that test cells call. Each compares, and names the symptom and a likely cause."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

import numpy as np

from hwlib.checks.caller import is_hidden
from hwlib.checks.due import EXCUSED, was_excused
from hwlib.checks.naming import at_the_start
from hwlib.checks.recognise import Mistakes, general_mistake, named_mistake, quiet
from hwlib.checks.rules import Close, Exact, NormWise, Rule, compare
from hwlib.checks.values import (
    Mismatch,
    as_array,
    shape_cause,
    shape_guess,
    shape_mismatch,
    what_it_is,
)
from hwlib.errors import CheckFailed, HwlibError

__all__ = ["close", "equal", "gradient", "passed", "raises", "returns", "shape", "true"]

Hint = str | Callable[[], str]


def close(
    actual: object,
    expected: object,
    *,
    what: str = "the result",
    rtol: float = 1e-6,
    atol: float = 0.0,
    mistakes: Mistakes | None = None,
    hint: Hint = "",
) -> None:
    """Check that numbers agree: same shape, finite, and `|a − b| ≤ atol + rtol·max|expected|`.

    The scale is the largest expected number of the whole array. Rounding errors are as large as the
    terms of a sum, and the sum itself may be much smaller.

    Parameters
    ----------
    actual : numbers, lists of them, arrays, torch tensors
        The result of the student's code.
    expected : the same, of the shape required
        It is never broadcast. Take it from an oracle other than the reference solution.
    what : str
        Names the value in messages, with its article: "the distances".
    mistakes : dict of str to value or function without arguments, optional
        Hint → the result that this mistake gives. A function is called only when the check fails.
        A function that raises is skipped, and so is a mistake whose result is right here.
    hint : str or function without arguments
        What this check is about. A function is called only when the check fails, and what it
        raises is skipped. The hint is given if the result is none of `mistakes`, and goes before
        what hwlib recognises in general, such as a factor. A wrong shape is explained first, and so
        is what the values leave no doubt about, such as rounding.

    Raises
    ------
    CheckFailed
        With the symptom, and a hint if the mistake is recognised. In a visible check, it also has
        the values found and expected.

    Examples
    --------
    >>> close([1.0, 2.0], [1.0, 2.0 + 1e-9])
    >>> try:
    ...     close([2.0, 4.0], [1.0, 2.0])
    ... except CheckFailed as failure:
    ...     print(failure.hint)
    Every value is exactly 2 times the right one: is a ½ missing, or is a term counted twice?
    """
    _judge(actual, expected, Close(rtol, atol), what, mistakes, hint)


def gradient(
    actual: object,
    expected: object,
    *,
    what: str = "the gradient",
    tol: float = 1e-6,
    mistakes: Mistakes | None = None,
    hint: Hint = "",
) -> None:
    """Check that gradients agree in norm: same shape, finite, and ‖a − b‖ / (‖a‖ + ‖b‖) ≤ tol.

    Parameters and errors are those of `close`. It compares norms because most digits of an entry
    near 0 are wrong even in a correct gradient.
    """
    _judge(actual, expected, NormWise(tol), what, mistakes, hint)


def equal(
    actual: object,
    expected: object,
    *,
    what: str = "the result",
    mistakes: Mistakes | None = None,
    hint: Hint = "",
) -> None:
    """Check that labels, counts, truth values or strings are equal and have the same shape.

    The number 3.0 is accepted for the label 3. Parameters and errors are those of `close`. Two
    tuples of whole numbers, such as `np.shape(dx)` and `(3, 2)`, are shown as a whole.

    Examples
    --------
    >>> try:
    ...     equal(np.shape([1, 2]), (2, 2), what="the shape of J")
    ... except CheckFailed as failure:
    ...     print(failure.symptom.partition(";")[0].partition(", expected")[0])
    The shape of J: found (2,)
    """
    if _are_lengths(actual) and _are_lengths(expected):
        _judge_lengths(actual, expected, what, mistakes, hint)
        return
    _judge(actual, expected, Exact(), what, mistakes, hint)


def shape(
    actual: object,
    expected: tuple[int, ...],
    *,
    what: str = "the result",
    mistakes: Mapping[str, tuple[int, ...]] | None = None,
    hint: Hint = "",
) -> None:
    """Check the shape of an array. The message says both shapes, also in a hidden check.

    Parameters
    ----------
    actual : array, list, tensor
    expected : tuple of int
    mistakes : dict of str to tuple of int, optional
        Hint → the shape that this mistake gives. One that is right here is skipped.
    what, hint
        As in `close`.

    Raises
    ------
    CheckFailed
        With both shapes.

    Examples
    --------
    >>> try:
    ...     shape(np.zeros((3, 0)), (3, 2), what="dx", mistakes={"−0 is 0.": (3, 0)})
    ... except CheckFailed as failure:
    ...     print(failure.symptom, failure.hint)
    dx: found shape (3, 0), expected shape (3, 2). −0 is 0.
    """
    array = as_array(actual)
    if isinstance(array, Mismatch):
        raise CheckFailed(f"{at_the_start(what)}: {array.symptom}.", array.cause or _told(hint))
    mismatch = shape_mismatch(array, np.zeros(expected))
    if mismatch is None:
        return
    known = {found: text for text, found in reversed(list((mistakes or {}).items()))}
    cause = known.get(array.shape) or _of_shapes(mismatch.cause, _told(hint), "")
    raise CheckFailed(f"{at_the_start(what)}: {mismatch.symptom}.", cause)


def true(condition: object, symptom: str, hint: str = "", detail: str = "") -> None:
    """Check that a condition is True. No other object counts as True.

    Parameters
    ----------
    symptom, hint, detail : str
        As in `CheckFailed`. A hidden check leaves the detail out.
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
    """Check that calling `function(*args)` raises one of these exceptions.

    Raises
    ------
    CheckFailed
        If it returns or raises another exception. Errors of hwlib, such as a time limit, pass
        through.
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
        found = f"it raised {getattr(error, 'student_type', '') or type(error).__name__}"
        hint = f"An error of another kind is not asked for: `raise {names}(…)` makes this one."
    else:
        found = "it returned a value"
    raise CheckFailed(f"Expected the call to raise {names}, but {found}.", hint)


def returns(value: object, *names: str) -> tuple[Any, ...]:
    """The values that a function returned, after a look at how many there are.

    An array counts as one value, however long it is.

    Parameters
    ----------
    value : object
        What the function returned.
    *names : str
        What it should return, in order. They are public.

    Raises
    ------
    CheckFailed
        If it is not a tuple or list of as many values.

    Examples
    --------
    >>> w, velocity = returns((1.0, 2.0), "w", "velocity")
    >>> try:
    ...     returns(np.zeros(2), "w", "velocity")
    ... except CheckFailed as failure:
    ...     print(failure.symptom)
    Two values are asked for: (w, velocity). Found one array of shape (2,).
    """
    asked = f"({', '.join(names)})"
    if isinstance(value, tuple | list) and len(value) == len(names):
        return tuple(value)
    symptom = f"{_NUMBERS.get(len(names), str(len(names)))} values are asked for: {asked}"
    end = f"End the function with `return {', '.join(names)}`."
    raise CheckFailed(f"{symptom}. Found {what_it_is(value)}.", end)


_NUMBERS = {2: "Two", 3: "Three", 4: "Four", 5: "Five"}


def passed(text: str, *, final: bool = False) -> None:
    """Print a line with a check mark at the end of a visible check.

    Parameters
    ----------
    text : str
        A sentence that says what was checked, and no more than that.
    final : bool
        Whether this cell has no hidden checks. Otherwise the line says that there are some.

    Examples
    --------
    >>> passed("The distances of 7 images to 50 others are right.")
    ✓ The distances of 7 images to 50 others are right. Hidden checks try other shapes and numbers.
    >>> passed("The file has a network in it.", final=True)
    ✓ The file has a network in it.
    """
    more = "" if final else " Hidden checks try other shapes and numbers."
    if was_excused():
        text = at_the_start(EXCUSED)
    print(f"✓ {text}{more}")  # noqa: T201  this is what the student sees


def _are_lengths(value: object) -> TypeGuard[tuple[int, ...]]:
    """Whether it is a tuple of whole numbers from 0 on, as shapes are."""
    return type(value) is tuple and all(
        isinstance(one, int | np.integer) and not isinstance(one, bool) and one >= 0
        for one in value
    )


def _judge_lengths(
    actual: tuple[int, ...],
    expected: tuple[int, ...],
    what: str,
    mistakes: Mistakes | None,
    hint: Hint,
) -> None:
    if actual == expected:
        return
    found, right = (str(tuple(int(one) for one in each)) for each in (actual, expected))
    if not is_hidden():
        told = f"found {found}, expected {right}"
    elif len(actual) != len(expected):
        told = f"found {found}; there should be {_counted(len(expected))}"
    else:
        told = f"found {found}, which is not right"
    cause = named_mistake(actual, expected, Exact(), mistakes or {})
    sure, guess = shape_cause(actual, expected), shape_guess(actual, expected)
    raise CheckFailed(
        f"{at_the_start(what)}: {told}.", cause or _of_shapes(sure, _told(hint), guess)
    )


def _of_shapes(sure: str, hint: str, guess: str) -> str:
    """What the shapes leave hardly any doubt about, then the question's own hint; else a guess."""
    return " ".join(filter(None, (sure, hint))) or guess


def _counted(count: int) -> str:
    return f"{count} number{'' if count == 1 else 's'}"


def _judge(
    actual: object, expected: object, rule: Rule, what: str, mistakes: Mistakes | None, hint: Hint
) -> None:
    with np.errstate(all="ignore"):  # nothing to stderr: nbgrader scores a cell that writes there 0
        mismatch = compare(rule, actual, expected)
        if mismatch is None:
            return
    sure = mismatch.cause if mismatch.unreadable else ""
    cause: str | Callable[[], str] = named_mistake(actual, expected, rule, mistakes or {}) or sure
    if not cause:
        own = _told(hint)
        # for a wrong shape, the hint does not fit as well: it speaks of values
        of_values = "" if mismatch.of_shape else own
        otherwise = mismatch.cause or own or mismatch.guess
        cause = general_mistake(actual, expected, rule, otherwise, before=of_values)
    symptom = f"{at_the_start(what)}: {mismatch.symptom}."
    raise CheckFailed(symptom, cause, "" if is_hidden() else mismatch.detail)


def _told(hint: Hint) -> str:
    """A hint, or what its function says: it asks a student's code, which may raise."""
    if isinstance(hint, str):
        return hint
    with quiet():
        try:
            return hint()
        except Exception:  # noqa: BLE001  what can't be said here is left out
            return ""
