"""Random inputs of tests: fresh at every run, and repeatable when the grader sets a seed."""

from __future__ import annotations

import os
from collections import Counter

import numpy as np

from hwlib.checks.caller import calling_file

__all__ = ["rng", "set_seed"]

_seed: int | None = None
_calls: Counter[str] = Counter()


def set_seed(seed: int | None) -> None:
    """Make `rng` repeatable from here on; None: fresh again, or as HWLIB_SEED says."""
    global _seed  # noqa: PLW0603  one seed a process: the grader sets it before each question
    _seed = seed
    _calls.clear()


def rng() -> np.random.Generator:
    """A generator for the inputs of a test.

    Without a seed (`set_seed`, or the environment variable HWLIB_SEED) it is fresh each time. With
    one, the n-th call of a cell always gives the same generator, whichever cells ran before it, and
    another than the cell's other calls.
    """
    seed = _seed if _seed is not None else os.environ.get("HWLIB_SEED")
    if seed in (None, ""):
        return np.random.default_rng()
    cell = calling_file()
    _calls[cell] += 1
    return np.random.default_rng([int(seed), _calls[cell]])
