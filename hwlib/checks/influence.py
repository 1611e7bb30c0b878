"""A hint by what a result depends on: an argument that is not used, or used in another way."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from hwlib.checks.recognise import quiet
from hwlib.checks.values import Array, Mismatch, as_array

__all__ = ["influence"]


def influence(
    function: Callable[..., object],
    *,
    affine: Collection[str] = (),
    without: Collection[str] = (),
    **inputs: Any,
) -> str:
    """Say which argument does not go into a result as it should: a `hint` for `close` and its like.

    The function is called with each argument as it is, and twice and three times as large.

    Parameters
    ----------
    function : callable
        Asks the student's code, with the inputs as keywords; gives numbers or an array.
    affine : names of inputs, optional
        Those in proportion to which the result changes: a factor in each term, or a term.
    without : names of inputs, optional
        Those that should make no difference.
    **inputs : numbers or arrays, not all 0
        All other inputs should make some difference.

    Returns
    -------
    str
        A hint, or "" if nothing was found, nothing makes a difference (what the values look like
        says more), some result is not finite, or the function raises.

    Examples
    --------
    >>> influence(lambda x, w: 3 * x, x=2.0, w=5.0)
    'The result does not depend on w: is it used?'
    >>> influence(lambda x, w: x / w, affine=("x", "w"), x=2.0, w=5.0).partition(":")[0]
    'The result does not change in proportion to w'
    >>> influence(lambda x, w: x + w, without=("w",), x=2.0, w=5.0).partition(":")[0]
    'The result depends on w, and it should not'
    """

    def asked(**changed: Any) -> Array:
        copies = {name: np.copy(value)[()] for name, value in inputs.items()}
        return _finite(function(**{**copies, **changed}))

    unused, wanted, crooked = [], [], []
    with quiet():
        try:
            once = asked()
            for name, value in inputs.items():
                twice, thrice = (asked(**{name: factor * np.asarray(value)}) for factor in (2, 3))
                changes = not np.array_equal(once, twice)
                if changes and name in without:
                    wanted.append(name)
                elif not changes and name not in without:
                    unused.append(name)
                elif name in affine and not _in_proportion(once, twice, thrice):
                    crooked.append(name)
        except Exception:  # noqa: BLE001  what can't be computed here says nothing
            return ""
    needed = len(inputs.keys() - set(without))
    if unused and (len(unused) < needed or needed == 1):
        are = "are they" if len(unused) > 1 else "is it"
        return f"The result does not depend on {_listed(unused, 'or')}: {are} used?"
    if wanted:
        are = "are they" if len(wanted) > 1 else "is it"
        return (
            f"The result depends on {_listed(wanted, 'and')}, and it should not: where {are} used?"
        )
    if crooked:
        return (
            f"The result does not change in proportion to {_listed(crooked, 'and')}: is something "
            f"divided by {'them' if len(crooked) > 1 else 'it'}, or squared or cut?"
        )
    return ""


def _finite(result: object) -> Array:
    numbers = as_array(result)
    if isinstance(numbers, Mismatch) or not np.isfinite(numbers).all():
        raise ValueError("no finite numbers")
    return numbers


def _in_proportion(once: Array, twice: Array, thrice: Array) -> bool:
    first, second = np.subtract(twice, once), np.subtract(thrice, twice)
    scale = max(np.abs(first).max(initial=0), np.abs(second).max(initial=0))
    return bool(np.allclose(first, second, rtol=0, atol=1e-6 * scale))


def _listed(names: list[str], word: str) -> str:
    return f" {word} ".join(filter(None, (", ".join(names[:-1]), names[-1])))
