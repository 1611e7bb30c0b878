"""What slips in a sum give: a loop that loses terms, and a formula with a wrong term or factor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from hwlib.checks.values import Array

__all__ = ["of_sum", "of_terms"]

DIGITS = 9  # to which two results are compared


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


def of_sum(*added: Mapping[str, Any], minus: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Mistakes for `close` and its like, where the right result is a sum of products.

    Each term is left out or has the other sign, and each factor of it is left out. Less likely are
    terms and factors that stand twice, by half, or divide. Where two slips give the same, the
    likely one is named, and neither if both are as likely.

    Parameters
    ----------
    *added : mapping of str to number or array
        The factors of each term that is added, by the names that students know.
    minus : sequence of mappings
        The same for terms that are subtracted.

    Returns
    -------
    dict of str to number or array
        Hint → result.

    Examples
    --------
    >>> known = of_sum({"momentum": 0.9, "v": 3.0}, minus=[{"rate": 0.1, "dw": 7.0}])
    >>> known["The term rate · dw is missing."].round(9)
    np.float64(2.7)
    >>> known["The factor momentum is missing at v."].round(9)
    np.float64(2.3)
    """
    terms = [(1, term) for term in added] + [(-1, term) for term in minus]
    with np.errstate(all="ignore"):
        values = [
            sign * prod(np.asarray(one, dtype=float) for one in term.values())
            for sign, term in terms
        ]
        found = [_Slip("", sum(values))]
        for index, (sign, term) in enumerate(terms):
            others = values[:index] + values[index + 1 :]
            rest = sum(others)
            if others:
                found.append(_Slip(f"The term {' · '.join(term)} is missing.", rest))
            found += [_Slip(hint, rest + sign * value) for hint, value in _likely(sign, term)]
            found += [_Slip(hint, rest + sign * value, 1) for hint, value in _unlikely(term)]
    groups: dict[Any, list[_Slip]] = {}
    for slip in found:
        groups.setdefault(_key(slip.result), []).append(slip)
    del groups[_key(found[0].result)]  # what the right formula gives
    best = [
        [slip for slip in group if slip.rank == min(one.rank for one in group)]
        for group in groups.values()
    ]
    return {slips[0].hint: np.float64(slips[0].result) for slips in best if len(slips) == 1}


@dataclass(frozen=True, slots=True)
class _Slip:
    hint: str
    result: Any
    rank: int = 0  # 1: less likely


def _likely(sign: int, term: Mapping[str, Any]) -> Iterator[tuple[str, Array]]:
    """Hint → what a slip makes of a term, without its sign."""
    factors = {name: np.asarray(one, dtype=float) for name, one in term.items()}
    is_done, is_due = ("subtracted", "added") if sign > 0 else ("added", "subtracted")
    yield f"The term {' · '.join(factors)} is {is_done}: it should be {is_due}.", -_product(factors)
    for name in factors if len(factors) > 1 else ():
        others = _without(factors, name)
        yield f"The factor {name} is missing at {' · '.join(others)}.", _product(others)


def _unlikely(term: Mapping[str, Any]) -> Iterator[tuple[str, Array]]:
    factors = {name: np.asarray(one, dtype=float) for name, one in term.items()}
    right, name = _product(factors), " · ".join(factors)
    yield f"The term {name} is there twice.", 2 * right
    yield f"The term {name} is there by half.", right / 2
    if len(factors) < 2:
        return
    total: Any = sum(factors.values())
    yield f"Here {' and '.join(factors)} are added: they are multiplied.", total
    for name, factor in factors.items():
        others = _without(factors, name)
        at = " · ".join(others)
        yield f"The factor {name} is there twice at {at}.", right * factor
        yield f"Here {at} is divided by {name}: the two are multiplied.", _product(others) / factor


def _product(factors: Mapping[str, Array]) -> Any:
    return prod(factors.values())


def _without(factors: Mapping[str, Array], name: str) -> dict[str, Array]:
    return {other: value for other, value in factors.items() if other != name}


def _key(result: Any) -> tuple[tuple[int, ...], bytes]:
    """The same for results that are alike."""
    array = np.asarray(result, dtype=float)
    largest = float(np.abs(array).max(initial=0.0, where=np.isfinite(array))) or 1.0
    scale = 10.0 ** np.ceil(np.log10(largest))
    return array.shape, (np.round(array / scale, DIGITS) + 0.0).tobytes()
