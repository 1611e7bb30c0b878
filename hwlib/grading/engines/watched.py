"""Values in a test cell that both processes have a copy of, and what must be told to the other one.

A list, dict or array that was read from a student's object is a part of it in a notebook: `net.W[0]
= 1` changes the net. Here it is a copy, so the next request says what the test has changed. That is
done for small values, and as long as the test holds them.

Random numbers: a generator that the test passes has its like in the worker, and when the test
seeds the global generators, the worker's are set to the same state. Nothing comes back: student
code must not choose the numbers that a test draws.
"""

from __future__ import annotations

import functools
import random
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwlib.errors import Unsendable
from hwlib.grading.sandbox.codec import Encoder, Pack

__all__ = ["SEEDED", "Generators", "Watched", "note_seeds", "states_of"]

MAX_WATCHED = 64
MAX_BYTES = 2**20  # of a value
MAX_GENERATORS = 100


@dataclass(slots=True)
class _Value:
    field: str  # of a request, for its new content
    number: int
    value: Any
    content: Any  # as it was when both sides had the same


class Watched:
    """The values that came as copies of parts of the student's objects.

    Parameters
    ----------
    pack : callable
        How the session writes what is not plain.
    """

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._values: list[_Value] = []

    def watch(self, field: str, number: int, value: Any) -> None:
        """Tell of changes in this value from now on."""
        content = self._content(value)
        if content is not None:
            self._values.append(_Value(field, number, value, content))
            del self._values[:-MAX_WATCHED]

    def note(self, value: Any) -> None:
        """Both sides have this value as it is now."""
        for one in self._values:
            if one.value is value:
                one.content = self._content(value)

    def news(self) -> dict[str, Any]:
        """What the test changed since: fields of a request."""
        found: dict[str, Any] = {}
        if not self._values:
            return found
        kept = []
        for one in self._values:
            content = self._content(one.value)
            if content != one.content:
                one.content = content
                found.setdefault(one.field, []).append([one.number, _plain(one.value)])
            if sys.getrefcount(one.value) > 2:  # somebody else has it, too
                kept.append(one)
        self._values = kept
        return found

    def _content(self, value: Any) -> Any:
        """The value as it would be sent, or None if that is too much or not possible."""
        encoder = Encoder(self._pack)
        try:
            data = encoder.part(_plain(value))
        except Unsendable:
            return None
        if sum(map(len, encoder.buffers)) > MAX_BYTES:
            return None
        return data, [bytes(buffer) for buffer in encoder.buffers]


def _plain(value: Any) -> Any:
    for base in (list, dict, set):
        if isinstance(value, base) and hasattr(type(value), "__hwlib_class__"):
            return base(base.__iter__(value)) if base is not dict else dict(dict.items(value))
    return value


class Generators:
    """Generators of random numbers that the test has passed."""

    def __init__(self) -> None:
        self._next = 0
        self._numbers: dict[int, int] = {}  # id of a generator → its number
        self._sent: dict[int, tuple[Any, Any]] = {}  # number → generator, its state when last sent

    def pack(self, value: Any, encoder: Encoder, depth: int) -> dict[str, Any] | None:
        """A generator as the worker gets it: with its state, if the test has used it since."""
        kind = next((kind for kind, cls, _ in _KINDS if isinstance(value, cls)), None)
        if kind is None:
            return None
        state = next(read(value) for name, _, read in _KINDS if name == kind)
        number, key = self._number(value), _comparable(state)
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
    """Have the functions that seed the global generators say so from now on."""
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
