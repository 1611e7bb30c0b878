"""Give the student's code the same random numbers as in a notebook.

A generator that the test passes has a counterpart in the worker. If the test seeds the global
generators, the worker's are set to the same state. Nothing comes back: student code must not choose
the numbers that a test draws.
"""

from __future__ import annotations

import functools
import random
import sys
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from hwlib.grading.sandbox.codec import Encoder

__all__ = ["SEEDED", "Generators", "note_seeds", "states_of"]

MAX_GENERATORS = 100


class Generators:
    """Generators of random numbers that the test has passed."""

    def __init__(self) -> None:
        self._next = 0
        self._numbers: dict[int, int] = {}  # id of a generator → its number
        self._sent: dict[int, tuple[Any, Any]] = {}  # number → generator, its state when last sent

    def pack(self, value: Any, encoder: Encoder, depth: int) -> dict[str, Any] | None:
        """A generator as the worker gets it: with its state, if the test has used it since."""
        found = next((one for one in _KINDS if isinstance(value, one[1])), None)
        if found is None:
            return None
        kind, _, read = found
        state, number = read(value), self._number(value)
        key = _comparable(state)
        if self._sent[number][1] == key:
            return {"t": "rng", "id": number, "k": kind, "v": None}
        self._sent[number] = (value, key)
        return {"t": "rng", "id": number, "k": kind, "v": encoder.part(state, depth)}

    def _number(self, value: Any) -> int:
        if id(value) not in self._numbers:
            self._next += 1
            self._numbers[id(value)] = self._next
            self._sent[self._next] = (value, None)
            if len(self._sent) > MAX_GENERATORS:
                oldest, _ = self._sent.pop(next(iter(self._sent)))
                del self._numbers[id(oldest)]
        return self._numbers[id(value)]


def _comparable(state: Any) -> Any:
    if isinstance(state, dict):
        return [(key, _comparable(value)) for key, value in state.items()]
    return state.tobytes() if isinstance(state, np.ndarray) else state


def _plain_state(state: Any) -> Any:
    if isinstance(state, dict):
        return {str(key): _plain_state(value) for key, value in state.items()}
    if isinstance(state, tuple):
        return tuple(map(_plain_state, state))
    return state if isinstance(state, (str, float, np.ndarray, type(None))) else int(state)


_KINDS: tuple[tuple[str, type, Callable[[Any], Any]], ...] = (
    ("generator", np.random.Generator, lambda rng: _plain_state(rng.bit_generator.state)),
    ("legacy", np.random.RandomState, lambda rng: _plain_state(rng.get_state(legacy=False))),
    ("random", random.Random, lambda rng: _plain_state(rng.getstate())),
)


# ---- seeds of the global generators --------------------------------------------------------------

SEEDED: list[str] = []
"""Which global generators were seeded in this process since `note_seeds`, in order."""


def note_seeds() -> None:
    """From now on note each seed of a global generator in `SEEDED`."""
    _note("numpy", np.random, "seed")
    _note("random", random, "seed")
    if "torch" in sys.modules:
        _note("torch", sys.modules["torch"], "manual_seed")


def _note(which: str, module: Any, name: str) -> None:
    seed = getattr(module, name)
    if hasattr(seed, "__hwlib_noted__"):
        return

    @functools.wraps(seed)
    def noted(*args: Any, **kwargs: Any) -> Any:
        SEEDED.append(which)
        return seed(*args, **kwargs)

    noted.__hwlib_noted__ = True  # type: ignore[attr-defined]
    setattr(module, name, noted)


def states_of(which: Iterable[str]) -> dict[str, Any]:
    """The states of these global generators."""
    read: dict[str, Callable[[], Any]] = {
        "numpy": lambda: _plain_state(np.random.get_state(legacy=False)),
        "random": lambda: _plain_state(random.getstate()),
        "torch": lambda: sys.modules["torch"].get_rng_state().numpy(),
    }
    return {name: read[name]() for name in which}
