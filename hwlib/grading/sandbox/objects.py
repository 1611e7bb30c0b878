"""Number a student's functions, classes and instances: the number crosses, and once for each class
the facts that its stand-in is built from.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from hwlib.grading.sandbox.ahead import ItemsAhead
from hwlib.grading.sandbox.array_kinds import encode_derived
from hwlib.grading.sandbox.arrays import encode_array
from hwlib.grading.sandbox.changes import MUTABLE, assign
from hwlib.grading.sandbox.codec import Decoder, Encoder, plain
from hwlib.grading.sandbox.copies import encode_copy
from hwlib.grading.sandbox.descriptions import PLAIN, describe_class
from hwlib.grading.sandbox.frames import encode_table
from hwlib.grading.sandbox.originals import Originals, has_more
from hwlib.grading.sandbox.tensors import Tensors
from hwlib.grading.sandbox.torch_values import encode_torch

__all__ = ["Copied", "Objects"]

MAX_ALIASES = 256
MAX_ALIASED_ITEMS = 1000
MAX_ALIASED_BYTES = 2**23


@dataclass(frozen=True, slots=True)
class Copied:
    """An instance that crosses as a copy instead of by its number."""

    value: Any


class Objects:
    """What the grader knows by number.

    Parameters
    ----------
    names : dict
        The names that setup cells have bound.
    """

    def __init__(self, names: dict[str, Any]) -> None:
        self._given = {
            name: value
            for name, value in names.items()
            if isinstance(value, type)
            and value.__module__ == "__main__"
            and value.__qualname__ == name
        }
        self.tensors = Tensors()
        self.originals = Originals()
        self.ahead = ItemsAhead()
        self._objects: list[Any] = []
        # id(object) → number; objects are kept, so ids stay unique
        self._numbers: dict[int, int] = {}
        self._described: dict[int, frozenset[str]] = {}  # number of a class → names of its methods
        self._news: list[dict[str, Any]] = []  # classes that the next message tells of
        self._fresh: list[int] = []  # their numbers
        self._met: set[int] = set()  # instances that the grader has been told of
        self._aliases: OrderedDict[int, Any] = OrderedDict()
        self._next_alias = 0

    def __getitem__(self, number: int) -> Any:
        return self._objects[number]

    def number(self, value: Any) -> int:
        """The number of an object, which it keeps."""
        if id(value) not in self._numbers:
            self._numbers[id(value)] = len(self._objects)
            self._objects.append(value)
        return self._numbers[id(value)]

    def given(self, name: str) -> type:
        """The class of this name that both processes have: of a setup cell, or `module:name`."""
        module, colon, qualname = name.partition(":")
        if not colon:
            return self._given[name]
        found: Any = import_module(module)
        for part in qualname.split("."):
            found = getattr(found, part)
        cls: type = found
        return cls

    def _given_name(self, cls: type) -> str:
        if self._given.get(cls.__qualname__) is cls:
            return cls.__qualname__
        return f"{cls.__module__}:{cls.__qualname__}"

    # ---- to the grader ---------------------------------------------------------------------------

    def pack(self, value: Any, encoder: Encoder, depth: int) -> dict[str, Any] | None:
        """Whatever is not plain."""
        torch = sys.modules.get("torch")
        if torch is not None and isinstance(value, torch.Tensor):
            data = self.tensors.pack(value, encoder, depth)
            return self.originals.told(value, data) if self.tensors.as_arrays else data
        if (found := encode_torch(value, encoder, depth)) is not None:
            return found
        if (found := encode_table(value, encoder, depth)) is not None:
            return self.originals.told(value, found) if has_more(value) else found
        if isinstance(value, np.ndarray):
            found = encode_derived(value, encoder, depth) or encode_array(value, encoder, depth)
            return self.originals.told(value, found) if found else None
        if isinstance(value, Copied):
            return encode_copy(value.value, self._given_name(type(value.value)), encoder, depth)
        if isinstance(value, type):
            return {"t": "ref", "id": self._class(value), **self._take_news()}
        for base in PLAIN:
            if isinstance(value, base):
                return self._pack_plain(value, base, encoder, depth)
        return self._reference(value, encoder, depth)

    def _reference(self, value: Any, encoder: Encoder, depth: int) -> dict[str, Any]:
        number, cls = self.number(value), self._class(type(value))
        found = {"t": "ref", "id": number, "c": cls, **self._take_news()}
        if number in self._met:
            return found
        self._met.add(number)
        if isinstance(value, BaseException):
            found["e"] = [str(value)[:600], encoder.part(_plain_args(value), depth)]
        own = getattr(value, "__dict__", None)
        if type(own) is dict and (hidden := self._described[cls] & own.keys()):
            found["x"] = sorted(hidden)  # its own attributes, which hide methods of its class
        return found

    def _pack_plain(
        self, value: Any, base: type, encoder: Encoder, depth: int
    ) -> dict[str, Any] | None:
        """An instance of a subclass of a plain type: its content, and who it is."""
        number, cls = self.number(value), self._class(type(value))
        content = encoder.part(plain(value, base), depth)
        head = {"t": "sub", "id": number, "c": cls, "b": base.__name__}
        return {**head, "v": content, **self._take_news()}

    def _class(self, cls: type) -> int:
        """The number of a class, of which the grader is told at the latest with this message."""
        number = self.number(cls)
        if number not in self._described:
            self._described[number] = frozenset()
            found = describe_class(cls, self._class)
            if self._given.get(cls.__qualname__) is cls:
                found["g"] = True  # the grader has it, too
            self._described[number] = frozenset(found["f"])
            self._fresh.append(number)
            self._news.append({"id": number, **found})
        return number

    def _take_news(self) -> dict[str, Any]:
        news, self._news = self._news, []
        return {"new": news} if news else {}

    def news_arrived(self) -> None:
        """The grader has read what the last messages told of classes."""
        self._fresh.clear()

    def forget_news(self) -> None:
        """The last message was not sent: its classes must be told of again."""
        for number in self._fresh:
            self._described.pop(number, None)
        self._met.clear()
        self._news.clear()
        self._fresh.clear()

    # ---- from the grader -------------------------------------------------------------------------

    def unpack(self, data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
        """What the grader has from here, or a tensor."""
        if data["t"] == "tensor":
            return self.tensors.unpack(data, decoder, depth)
        if data["t"] == "original":
            return self.originals[data["i"]]
        if "taken" in data:  # an iterator that the test has read from
            self._resume(data["id"], data["taken"])
        return self._objects[data["id"]]

    def _resume(self, number: int, taken: int) -> None:
        left = self.ahead.resumed(number, self._objects[number], taken)
        self._objects[number] = left
        self._numbers[id(left)] = number

    def alias(self, value: Any) -> int | list[Any] | None:
        """A number for a container, array or tensor that crosses as a copy: the test may change the
        copy, and the original must change, too. Of a tuple, the numbers of its parts.
        """
        kind = type(value)
        if kind is tuple:
            parts = [self.alias(part) for part in value[:MAX_ALIASES]]
            return parts if any(part is not None for part in parts) else None
        if kind in MUTABLE:
            is_small = len(value) < MAX_ALIASED_ITEMS
        elif kind is np.ndarray or kind.__module__.startswith("torch"):
            is_small = _bytes_of(value) < MAX_ALIASED_BYTES
        else:
            return None
        if not is_small:
            return None
        self._next_alias += 1
        self._aliases[self._next_alias] = value
        while len(self._aliases) > MAX_ALIASES:
            self._aliases.popitem(last=False)
        return self._next_alias

    def assign(self, number: int, value: Any) -> None:
        """Change a container as the test changed its copy."""
        assign(self._aliases[number], value)

    def replace(self, number: int, content: Any) -> None:
        """The same for an instance of a subclass of list, dict or set."""
        value, base = self._objects[number], type(content)
        base.clear(value)
        getattr(base, "extend" if base is list else "update")(value, content)


def _bytes_of(value: Any) -> int:
    """Of an array or tensor; many for what has no memory of one piece, such as a sparse tensor."""
    try:
        return int(value.nbytes)
    except (AttributeError, RuntimeError, TypeError):
        return MAX_ALIASED_BYTES


def _plain_args(error: BaseException) -> list[Any]:
    """The arguments of an exception that are plain, None for others."""
    return [one if type(one) in (int, float, str, bool, bytes) else None for one in error.args]
