"""Numbers drawn from a text with SHA-256: the same on every machine, in every version of Python and
NumPy.

For data that is made up once for all (`hwlib.data.songs`) and for numbers that differ from student
to student (`hwlib.student_numbers`). NumPy's own generators may change their streams between
versions; this one can't.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

__all__ = ["integers", "poisson", "uniforms"]

Array = np.ndarray[Any, np.dtype[Any]]


def uniforms(*key: object, size: int) -> Array:
    """`size` numbers, uniform between 0 and 1, neither of which occurs.

    Parameters
    ----------
    *key : str or int
        What the numbers are for; another key gives other numbers.
    size : int

    Returns
    -------
    array of float64, (size,)

    Examples
    --------
    >>> uniforms("songs", 7, size=3).round(4).tolist()
    [0.9546, 0.5959, 0.8157]
    """
    text = "\x1f".join(map(str, key))
    words = [hashlib.sha256(f"{text}\x1e{i}".encode()).digest()[:8] for i in range(size)]
    return (
        np.array([(int.from_bytes(word, "big") >> 12) + 0.5 for word in words], dtype=np.float64)
        / 2.0**52
    )


def integers(*key: object, low: int, high: int, size: int) -> Array:
    """`size` whole numbers from low to high, both included."""
    return np.array(
        [low + int(u * (high - low + 1)) for u in uniforms(*key, size=size)], dtype=np.int64
    )


def poisson(*key: object, rates: Array) -> Array:
    """One count for each rate, by inverting the distribution function; rates of some hundreds at
    most.
    """
    counts = []
    for u, rate in zip(
        uniforms(*key, size=len(rates)), np.asarray(rates, dtype=np.float64).tolist(), strict=True
    ):
        count, share = 0, float(np.exp(-rate))
        below = share
        while u > below and count < 10 * rate + 50:
            count += 1
            share *= rate / count
            below += share
        counts.append(count)
    return np.array(counts, dtype=np.int64)
