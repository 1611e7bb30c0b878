"""How fast this machine computes now, compared with the one that the notebooks' times are from.

A notebook says how long its computing takes on two CPU cores. Here a short probe, taken once, tells
what becomes of such a time on this machine, with the programs that run beside the notebook.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import cache

__all__ = ["factor_in_words", "line_on_times", "slowness"]

_TRIES = 5
# seconds on the two cores that the times of the assignments were measured on
_STEP_S, _LOOP_S = 0.0045, 0.00057
_SAME = 1.5  # up to this factor, and down to its inverse, the times of a notebook are good enough


@cache
def slowness() -> float:
    """How many times as long computing takes here; below 1 on a faster machine.

    Half of it is a training step of a small network with NumPy, half a loop of Python. The probe
    takes a twentieth of a second on two free cores.
    """
    return (_seconds(_step()) / _STEP_S + _seconds(_loop) / _LOOP_S) / 2


def factor_in_words(factor: float) -> str:
    """
    >>> factor_in_words(1.2), factor_in_words(3.2), factor_in_words(0.4)
    ('about as long', 'about 3 times as long', 'about 0.4 times as long')
    """
    if 1 / _SAME < factor < _SAME:
        return "about as long"
    return f"about {round(factor) if factor >= 2 else round(factor, 1):g} times as long"


def line_on_times(factor: float) -> str:
    """The line below a notebook's first cell, "" where the notebook's own times are good enough.

    >>> line_on_times(3.2)
    'Computing takes about 3 times as long here as this notebook says: a minute becomes 3 minutes.'
    """
    words = factor_in_words(factor)
    if words == "about as long":
        return ""
    number = round(factor) if factor >= 2 else round(factor, 1)
    becomes = f"{number:g} minutes" if factor >= _SAME else f"{60 * factor:.0f} seconds"
    return f"Computing takes {words} here as this notebook says: a minute becomes {becomes}."


def _seconds(work: Callable[[], object]) -> float:
    """The median time of some tries, after one that counts for nothing."""
    work()
    taken = []
    for _ in range(_TRIES):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _step() -> Callable[[], object]:
    """A training step: 200 images of 3,072 numbers, 70 hidden units, 10 classes."""
    import numpy as np  # here: hwlib.submit needs this package, and no NumPy

    rng = np.random.default_rng(0)
    images = rng.normal(size=(200, 3072)).astype(np.float32)
    weights, out = rng.normal(size=(3072, 70)), rng.normal(size=(70, 10))

    def step() -> object:
        hidden = np.maximum(images @ weights, 0)  # (200, 70)
        slopes = np.tanh(hidden @ out)  # (200, 10)
        return images.T @ ((slopes @ out.T) * (hidden > 0)), hidden.T @ slopes

    return step


def _loop() -> int:
    total = 0
    for number in range(20_000):
        total += number * number % 7
    return total
