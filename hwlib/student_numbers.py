"""Makes the numbers of a homework from a student's id, so that each student has other numbers.

One student always gets the same numbers.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwlib import hash_random

__all__ = ["NetworkNumbers", "network_numbers"]

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class NetworkNumbers:
    """A network with two inputs, two hidden units and one output, an example and its target.

    x0 (2,), W1 (2, 2), b1 (2,), W2 (2,), b2 and y: float64. Row j of W1 holds the weights into
    hidden unit j.
    """

    x0: Array
    W1: Array
    b1: Array
    W2: Array
    b2: float
    y: float

    def __str__(self) -> str:
        rows = [
            f"x0 = {self.x0.tolist()}",
            f"W1 = {self.W1.tolist()}",
            f"b1 = {self.b1.tolist()}",
            f"W2 = {self.W2.tolist()}",
            f"b2 = {self.b2}",
            f"y  = {self.y}",
        ]
        return "\n".join(rows)


def network_numbers(student_id: object = "") -> NetworkNumbers:
    """Make the numbers of one student or, without an id, those of the published example.

    Parameters
    ----------
    student_id : str or int
        The id. Capital letters and spaces around it make no difference.

    Returns
    -------
    NetworkNumbers

    Notes
    -----
    All numbers have two decimals. The entries of an array are all different, so that mistakes show.
    W2 and b2 are positive and y is at most 0.3. The output is therefore above ½, so the error is
    never small, and its gradient is not lost in rounding.

    Examples
    --------
    >>> print(network_numbers())
    x0 = [0.05, 0.1]
    W1 = [[0.15, 0.2], [0.25, 0.3]]
    b1 = [0.35, 0.35]
    W2 = [0.4, 0.45]
    b2 = 0.6
    y  = 0.01
    """
    name = (
        unicodedata.normalize("NFKC", str("" if student_id is None else student_id))
        .strip()
        .casefold()
    )
    if not name:
        return _example()
    return NetworkNumbers(
        x0=_different(name, "x0", 5, 95, 2),
        W1=_signed(name, "W1", 4).reshape(2, 2),
        b1=_signed(name, "b1", 2),
        W2=_different(name, "W2", 20, 95, 2),
        b2=float(_different(name, "b2", 10, 90, 1)[0]),
        y=float(_different(name, "y", 1, 30, 1)[0]),
    )


def _example() -> NetworkNumbers:
    return NetworkNumbers(
        x0=np.array([0.05, 0.1]),
        W1=np.array([[0.15, 0.2], [0.25, 0.3]]),
        b1=np.array([0.35, 0.35]),
        W2=np.array([0.4, 0.45]),
        b2=0.6,
        y=0.01,
    )


def _different(name: str, what: str, low: int, high: int, size: int) -> Array:
    """Draw different hundredths between low and high."""
    order = np.argsort(
        hash_random.uniforms("network", name, what, size=high - low + 1), kind="stable"
    )
    return (low + order[:size]) / 100


def _signed(name: str, what: str, size: int) -> Array:
    """Draw different hundredths from 0.10 to 0.95, about a third of them negative."""
    negative = hash_random.uniforms("network", name, what, "sign", size=size) < 0.33
    return _different(name, what, 10, 95, size) * np.where(negative, -1, 1)
