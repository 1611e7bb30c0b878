"""Copy instances of classes that both processes have, as the name of a class and attributes.

Such a class is defined in a setup cell or in a file of the assignment. A test may also pass a
network of PyTorch or a model of scikit-learn. An object that a test's argument contains twice, or
that contains itself, is one object on the other side, too. A student's object crosses as a copy
only to be compared, and its parts are no copies: a test that follows its links asks the worker, so
that the time limit holds.
"""

from __future__ import annotations

import enum
from types import MemberDescriptorType, SimpleNamespace
from typing import Any

from hwlib.errors import Unsendable, WireError
from hwlib.grading.sandbox.changes import attributes_of
from hwlib.grading.sandbox.codec import Decoder, Encoder

__all__ = ["LIBRARIES", "encode_again", "encode_copy", "read_again", "read_copy", "set_attribute"]

LIBRARIES = ("torch.nn.", "torch.utils.data.", "scipy.sparse.", "sklearn.", "types.")
"""Beginnings of the modules whose instances are no more than their attributes."""

_CLOSED = (int, float, str, bytes, tuple, frozenset, list, dict, set)  # with content of their own


def encode_again(value: Any, encoder: Encoder) -> dict[str, Any] | None:
    """A reference to an object that this message has already; None, and noted, if it is new."""
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
    if isinstance(value, enum.Enum):
        return {"t": "copy", "n": name, "e": value.name}
    if isinstance(value, _CLOSED):
        raise Unsendable(f"an instance of {name}, which derives from a plain type")
    try:
        _bare(type(value))
    except TypeError:
        raise Unsendable(f"an instance of {name}, which is more than its attributes") from None
    told = [
        [key, encoder.part(part, depth)]
        for key, part in attributes_of(value).items()
        if not key.startswith("__")
    ]
    return {"t": "copy", "n": name, "v": told}


def read_copy(data: dict[str, Any], cls: type, decoder: Decoder, depth: int) -> Any:
    """An instance of `cls` with the attributes that were sent.

    Its `__init__` is not called, and attributes are set past its `__setattr__`.
    """
    place = len(decoder.made)
    decoder.made.append(None)
    if issubclass(cls, enum.Enum):
        members, name = cls.__members__, data.get("e")
        if type(name) is not str or name not in members:
            raise WireError("a member that the Enum does not have")
        decoder.made[place] = members[name]
        return members[name]
    told = data.get("v")
    if type(told) is not list or not all(
        type(one) is list and len(one) == 2 and type(one[0]) is str for one in told
    ):
        raise WireError("a copy without its attributes")
    try:
        made = decoder.made[place] = _bare(cls)
    except TypeError as error:
        raise WireError("a copy of what can't be copied") from error
    for name, part in told:
        set_attribute(made, name, decoder.part(part, depth))
    return made


def _bare(cls: type) -> Any:
    """An instance without attributes; TypeError for a class that has more than these."""
    make = SimpleNamespace.__new__ if issubclass(cls, SimpleNamespace) else object.__new__
    return make(cls)


def set_attribute(value: Any, name: str, part: Any) -> None:
    """Set an attribute past the class's own `__setattr__` and properties.

    Raises
    ------
    WireError
        If it is one that a copy can't have.
    """
    place = getattr(type(value), name, None)
    if isinstance(place, MemberDescriptorType):
        place.__set__(value, part)
    elif name.startswith("__") or not hasattr(value, "__dict__"):
        raise WireError("an attribute that a copy can't have")
    else:
        value.__dict__[name] = part
