"""Receive what a test passes to a student's code and that is not plain: functions, iterators,
generators of random numbers, exceptions, tables, and what libraries define.
"""

from __future__ import annotations

import builtins
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from hwlib.grading.sandbox import frames, torch_values
from hwlib.grading.sandbox.codec import Decoder
from hwlib.grading.sandbox.copies import read_again, read_copy

__all__ = ["NotHere", "Passed"]

MAX_GENERATORS = 100


class NotHere(AttributeError):
    """An attribute of an object of the test, which can only be called from here."""


class _Callable:
    """An object of the test that can be called."""

    def __init__(self, call: Callable[..., Any], kind: str) -> None:
        self._call, self._kind = call, kind

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        kind = self._kind if not name.startswith("_") else type(self).__name__
        text = f"{kind!r} object has no attribute {name!r}"
        raise (AttributeError if name.startswith("_") else NotHere)(text)


class Passed:
    """The worker's side of what stays with the grader, and of what it has copied.

    Parameters
    ----------
    ask : callable
        Sends a question to the grader and waits for its answer.
    given : callable
        The class of this name that both processes have.
    setup : mapping
        What the setup cells have bound, which both processes have.
    """

    def __init__(
        self,
        ask: Callable[[dict[str, Any]], Any],
        given: Callable[[str], Any],
        setup: Mapping[str, Any],
    ) -> None:
        self._ask, self._given, self._setup = ask, given, setup
        self.copied: set[type] = set()  # classes whose instances have arrived as copies
        self._functions: dict[int, Callable[..., Any]] = {}
        self._generators: dict[int, Any] = {}
        self._raised: list[tuple[BaseException, int]] = []  # by the test's functions

    def unpack(self, data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
        """A value that the grader sent."""
        tag = data["t"]
        if tag in frames.TAGS:
            import_module("pandas")
            return frames.read_table(data, decoder, depth)
        if tag in torch_values.TAGS:
            return torch_values.TAGS[tag](data, decoder, depth)
        return _READ[tag](self, data, decoder, depth)

    # ---- functions and iterators of the test -----------------------------------------------------

    def _function(self, data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
        number = data["id"]
        if number not in self._functions:

            def call(*args: Any, **kwargs: Any) -> Any:
                return self._ask({"callback": number, "args": list(args), "kwargs": kwargs})

            call.__name__ = call.__qualname__ = data["n"]
            call.__doc__ = data["d"]
            self._functions[number] = _Callable(call, data["n"]) if "o" in data else call
        return self._functions[number]

    def _iterator(self, data: dict[str, Any], decoder: Decoder, depth: int) -> Iterator[Any]:
        number = data["id"]

        def items() -> Iterator[Any]:
            while True:
                try:
                    item = self._ask({"callback": number, "args": [], "kwargs": {}})
                except StopIteration:
                    return
                yield item

        return items()

    def exception(self, told: dict[str, Any]) -> BaseException:
        """What a function of the test raised, as an exception of the same built-in type."""
        cls = getattr(builtins, told["type"], RuntimeError)
        try:
            error: BaseException = cls(*told["args"])
        except TypeError:  # UnicodeDecodeError and its like want other arguments
            error = RuntimeError(*told["args"])
        if told["number"] is not None:  # None: the call did not fit the function
            self._raised.append((error, told["number"]))
        return error

    def number_of(self, error: BaseException) -> int | None:
        """The number of an exception that a function of the test raised."""
        return next((number for known, number in self._raised if known is error), None)

    def _exception(self, data: dict[str, Any], decoder: Decoder, depth: int) -> BaseException:
        error: BaseException = getattr(builtins, data["n"])(*decoder.items(data, depth))
        return error

    # ---- random numbers --------------------------------------------------------------------------

    def _generator(self, data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
        """One generator here for each that the test has: it goes on where it stopped, unless the
        test has drawn from its own meanwhile.
        """
        number, kind = data["id"], data["k"]
        if data["v"] is not None:
            state = decoder.part(data["v"], depth)
            if number not in self._generators:
                self._generators.pop(number - MAX_GENERATORS, None)
                self._generators[number] = _new_generator(kind, state)
            _set_state(self._generators[number], kind, state)
        return self._generators[number]

    def seed(self, states: dict[str, Any]) -> None:
        """The states of the global generators after the test has seeded them."""
        if "numpy" in states:
            np.random.set_state(states["numpy"])
        if "random" in states:
            random.setstate(states["random"])
        if "torch" in states and "torch" in sys.modules:
            torch = sys.modules["torch"]
            torch.set_rng_state(torch.from_numpy(states["torch"]))

    # ---- what both processes have ----------------------------------------------------------------

    def _of_setup(self, data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
        return self._setup[data["n"]]

    def _copy(self, data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
        cls = self._given(data["n"])
        self.copied.add(cls)
        return read_copy(data, cls, decoder, depth)

    def _again(self, data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
        return read_again(data, decoder)

    def _imported(self, data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
        value: Any = import_module(data["m"])
        for part in filter(None, data["n"].split(".")):
            value = getattr(value, part)
        return value

    def _path(self, data: dict[str, Any], decoder: Decoder, depth: int) -> Path:
        return Path(data["v"])


def _new_generator(kind: str, state: Any) -> Any:
    if kind == "random":
        return random.Random()
    bits = getattr(np.random, state["bit_generator"])()
    return np.random.Generator(bits) if kind == "generator" else np.random.RandomState(bits)


def _set_state(generator: Any, kind: str, state: Any) -> None:
    if kind == "random":
        generator.setstate(state)
    elif kind == "generator":
        generator.bit_generator.state = state
    else:
        generator.set_state(state)


_READ: dict[str, Callable[[Passed, dict[str, Any], Decoder, int], Any]] = {
    "callback": Passed._function,
    "iterator": Passed._iterator,
    "exception": Passed._exception,
    "rng": Passed._generator,
    "import": Passed._imported,
    "path": Passed._path,
    "copy": Passed._copy,
    "setup": Passed._of_setup,
    "again": Passed._again,
}
