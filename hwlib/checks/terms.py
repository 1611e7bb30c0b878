"""What loops over the terms of a sum give that lose some of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hwlib.checks.values import Array

__all__ = ["of_terms"]


def of_terms(
    terms: Sequence[Any] | Array, *, one: str, divisor: float = 1.0, plus: Any = 0.0
) -> dict[str, Any]:
    """Mistakes for `close` and its like, where the right result is a sum over terms.

    Parameters
    ----------
    terms : sequence of N numbers or of N arrays of one shape
        What the loop should add up, in order.
    one : str
        What each term belongs to: "song".
    divisor : float
        What the sum is divided by: N for a mean.
    plus : number or array
        What is added once, after the division: a regularisation.

    Returns
    -------
    dict of str to number or array
        Hint → result. It is empty for fewer than three terms, of which one says too little.

    Examples
    --------
    >>> for hint, result in of_terms([1.0, 10.0, 100.0], one="song").items():
    ...     print(result, hint.partition(":")[0])
    100.0 Only the last song counts
    1.0 Only the first song counts
    11.0 The last song is missing
    110.0 The first song is missing
    """
    if len(terms) < 3:
        return {}
    each = np.asarray(terms)  # (N, …)
    left = {
        f"Only the last {one} counts: is each term added (`+=`), or does it replace the sum?": each[
            -1
        ],
        f"Only the first {one} counts: does a `return` stand inside the loop?": each[0],
        f"The last {one} is missing: does the loop end one too early?": each[:-1].sum(axis=0),
        f"The first {one} is missing: does the loop begin one too late?": each[1:].sum(axis=0),
    }
    return {hint: total / divisor + plus for hint, total in left.items()}
