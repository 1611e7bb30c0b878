"""Draws random numbers from a text with SHA-256: the same on every machine and in every version.

It is used for invented data (`hwlib.data.songs`) and for numbers that differ from student to
student (`hwlib.student_numbers`). NumPy's generators may give other numbers in another version of
NumPy; this one cannot.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

__all__ = ["integers", "poisson", "uniforms"]

Array = np.ndarray[Any, np.dtype[Any]]


def uniforms(*label: object, size: int) -> Array:
    """Draw uniform numbers greater than 0 and less than 1.

    Parameters
    ----------
    *label : str or int
        The purpose of the numbers. Another label gives other numbers.
    size : int
        How many numbers to draw.

    Returns
    -------
    array of float64, (size,)

    Examples
    --------
    >>> uniforms("songs", 7, size=3).round(4).tolist()
    [0.9546, 0.5959, 0.8157]
    """
    text = "\x1f".join(map(str, label))
    words = [hashlib.sha256(f"{text}\x1e{i}".encode()).digest()[:8] for i in range(size)]
    return (
        np.array([(int.from_bytes(word, "big") >> 12) + 0.5 for word in words], dtype=np.float64)
        / 2.0**52
    )


def integers(*label: object, low: int, high: int, size: int) -> Array:
    """Draw `size` whole numbers from low to high, both included."""
    return np.array(
        [low + int(u * (high - low + 1)) for u in uniforms(*label, size=size)], dtype=np.int64
    )


def poisson(*label: object, rates: Array) -> Array:
    """Draw a Poisson count for each rate by inverting the distribution function.

    The rates may be a few hundred at most.
    """
    counts = []
    for u, rate in zip(
        uniforms(*label, size=len(rates)), np.asarray(rates, dtype=np.float64).tolist(), strict=True
    ):
        count, share = 0, float(np.exp(-rate))
        below = share
        while u > below and count < 10 * rate + 50:
            count += 1
            share *= rate / count
            below += share
        counts.append(count)
    return np.array(counts, dtype=np.int64)
