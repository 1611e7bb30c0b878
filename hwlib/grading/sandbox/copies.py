"""Instances of classes that both processes have: given in a setup cell or a file of the assignment,
or a library's that is made of attributes alone.

A test's instance crosses as a copy: the name of its class and its attributes. An object that stands
in one message twice, or within itself, is one object on the other side, too.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any

from hwlib.errors import WireError
from hwlib.grading.sandbox.codec import Decoder, Encoder, plain
from hwlib.grading.sandbox.descriptions import PLAIN

__all__ = ["attributes", "encode_again", "encode_copy", "read_again", "read_copy"]

LIBRARIES = (
    "torch.nn.",
    "torch.optim.",
    "torch.utils.data.",
    "scipy.sparse.",
    "sklearn.",
    "types.",
)
"""Beginnings of the modules whose instances are no more than their attributes."""


def attributes(value: Any) -> Iterator[tuple[str, Any]]:
    """The attributes of an instance: of its dict and of its slots."""
    yield from getattr(value, "__dict__", {}).items()
    for cls in type(value).__mro__:
        slots = vars(cls).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                yield name, getattr(value, name)


def encode_again(value: Any, encoder: Encoder) -> dict[str, Any] | None:
    """An object that this message has already; None, and remembered, if it has not."""
    if id(value) in encoder.seen:
        return {"t": "again", "i": encoder.seen[id(value)]}
    encoder.seen[id(value)] = len(encoder.seen)
    return None


def read_again(data: dict[str, Any], decoder: Decoder) -> Any:
    """An object that this message has already."""
    return decoder.made[decoder.whole(data, "i", 0, len(decoder.made) - 1)]


def encode_copy(value: Any, name: str, encoder: Encoder, depth: int) -> dict[str, Any]:
    """An instance of the class `name`."""
    again = encode_again(value, encoder)
    if again is not None:
        return again
    data: dict[str, Any] = {"t": "copy", "n": name}
    if isinstance(value, enum.Enum):
        return {**data, "e": value.name}
    base = next((base for base in PLAIN if isinstance(value, base)), None)
    if base is not None:
        data["p"] = encoder.part(plain(value, base), depth)
    return {**data, "v": [[key, encoder.part(part, depth)] for key, part in attributes(value)]}


def read_copy(data: dict[str, Any], cls: Any, decoder: Decoder, depth: int) -> Any:
    """An instance of `cls` with the attributes that were sent."""
    place = len(decoder.made)
    decoder.made.append(None)
    made = decoder.made[place] = _new(data, cls, decoder, depth)
    told = data.get("v", [])
    if type(told) is not list or not all(
        type(one) is list and len(one) == 2 and type(one[0]) is str for one in told
    ):
        raise WireError("attributes that are none")
    for name, part in told:
        value = decoder.part(part, depth)
        if hasattr(made, "__dict__"):
            made.__dict__[name] = value
        else:
            object.__setattr__(made, name, value)
    return made


def _new(data: dict[str, Any], cls: Any, decoder: Decoder, depth: int) -> Any:
    try:
        if "e" in data:
            return cls[data["e"]]
        if "p" not in data:
            return object.__new__(cls)
        content = decoder.part(data["p"], depth)
        base = next(base for base in PLAIN if issubclass(cls, base))
        if type(content) is not base:
            raise WireError("content of another type")
        if base in (list, dict, set):
            made = base.__new__(cls)
            base.__init__(made, content)
            return made
        return base.__new__(cls, content)
    except (TypeError, KeyError, StopIteration) as error:
        raise WireError("a copy of what can't be copied") from error
