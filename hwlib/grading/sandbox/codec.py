"""Write plain values as JSON-ready data, and read them back: numbers, texts, containers.

None, bool, int, float, str and list are written as themselves. Every other value becomes an object
`{"t": tag, …}`. Bytes go into buffers beside the JSON. A decoder builds values from checked parts
only: it never evaluates, imports or calls what it has received.

`arrays`, `library_values`, `frames` and `torch_values` add the formats of other types. The owner of
a channel adds references (`pack` and `unpack`).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from hwlib.errors import Unsendable, WireError

__all__ = ["Decoder", "Encoder", "Pack", "Unpack"]

MAX_DEPTH = 100
MAX_NODES = 1_000_000
MAX_INT_BITS = 2**17  # factorial(10_000) has 118,458
MAX_SENT = MAX_NODES - 1000  # of them in containers: a message says something else, too
MAX_RANGE = MAX_NODES  # a test may make a list of it
MAX_UNPACKED = 2**29  # bytes that one message may become beyond what it brings
MAX_COLLISIONS = 100  # keys with one hash: a dict compares each of them with all before it
BYTES_A_NUMBER = 36  # of a list of integers

_HEX = re.compile(r"-?0x[0-9a-f]+")


class Encoder:
    """Writes the values of one message: its arrays and bytes go into `buffers`.

    Parameters
    ----------
    pack : callable
        Asked for everything that is not plain: `pack(value, encoder, depth)` gives `{"t": …}`, its
        parts encoded with `encoder.part(value, depth)`, or None if the value can't be sent.
    known : mapping
        id → what knows a `reference()` for the value, or None if it is to be written anew.

    Examples
    --------
    >>> Encoder(lambda value, encoder, depth: None).part((1, 2.5, "a"))
    {'t': 'tuple', 'v': [1, 2.5, 'a']}
    """

    __slots__ = ("_known", "_shared", "_twice", "buffers", "nodes", "pack", "seen")

    def __init__(self, pack: Pack, known: Mapping[int, Any] = MappingProxyType({})) -> None:
        self.buffers: list[bytes | memoryview] = []
        self.pack, self._known = pack, known
        self.nodes = 0  # values in containers
        self.seen: dict[int, int] = {}  # id of an object that can occur twice → its position
        # id of a container or array → itself, so that no other gets its id, what was written, and
        # how many values that has
        self._shared: dict[int, tuple[Any, Any, int]] = {}
        self._twice: dict[int, int] = {}  # id of one that occurs again → its number

    def part(self, value: Any, depth: int = 0) -> Any:
        """One value as JSON-ready data.

        Raises
        ------
        Unsendable
            If it is nested too deeply, or `pack` declines it.
        """
        if value is None or value is True or value is False:
            return value
        kind = type(value)
        if kind is str:
            return value if value.isascii() or _is_utf8(value) else _text(value)
        if kind is float:
            return value if math.isfinite(value) else {"t": "float", "v": repr(value)}
        if kind is int:
            return value if value.bit_length() < 64 else _large(value)
        if depth >= MAX_DEPTH:
            raise Unsendable(f"a value nested more than {MAX_DEPTH} deep")
        if self._known and (one := self._known.get(id(value))) is not None:
            reference = one.reference()
            if reference is not None:
                return reference
        if kind in _SHARED:
            if id(value) in self._shared:
                return self._again(value)
            before = self.nodes
            encoded = self._written(value, kind, depth)
            self._shared[id(value)] = value, encoded, self.nodes - before
            return encoded
        return self._written(value, kind, depth)

    def _written(self, value: Any, kind: type, depth: int) -> Any:
        if kind is list:
            self._count(len(value))
            return [self.part(item, depth + 1) for item in value]
        encode = ENCODERS.get(kind)
        if encode is None and isinstance(value, (np.ndarray, np.generic)):
            encode = ENCODERS[np.ndarray]
        encoded: Any = encode(value, self, depth + 1) if encode else None
        if encoded is None:
            encoded = self.pack(value, self, depth + 1)
        if encoded is None:
            encoded = self._as_base(value, depth)
        if encoded is None:
            raise Unsendable(f"a value of type {kind.__name__!r} can't be sent")
        return encoded

    def _again(self, value: Any) -> dict[str, Any]:
        """A container or array that this message has already: one object on the other side, too."""
        self._count(self._shared[id(value)][2])  # as often as it occurs, like the other side
        number = self._twice.get(id(value))
        if number is None:
            number = self._twice[id(value)] = len(self._twice)
            written = self._shared[id(value)][1]
            if type(written) is list:
                written.insert(0, {"t": "mark", "i": number})
            else:
                written["="] = number
        return {"t": "same", "i": number}

    def items(self, values: Any, depth: int) -> list[Any]:
        """Several values."""
        self._count(len(values))
        return [self.part(value, depth) for value in values]

    def pairs(self, mapping: Any, depth: int) -> list[Any]:
        """The entries of a mapping."""
        self._count(2 * len(mapping))
        return [[self.part(key, depth), self.part(mapping[key], depth)] for key in mapping]

    def _count(self, number: int) -> None:
        self.nodes += number
        if self.nodes > MAX_SENT:  # the other side would end the conversation
            raise Unsendable(f"more than {MAX_SENT:,} values in lists and other containers")

    def buffer(self, data: bytes | memoryview) -> int:
        """Take these bytes; gives their index."""
        self.buffers.append(data)
        return len(self.buffers) - 1

    def _as_base(self, value: Any, depth: int) -> Any:
        """An instance of a subclass of a plain type, as a value of that type."""
        for base in _BASES:
            if isinstance(value, base):
                return self.part(plain(value, base), depth)
        return None


Pack = Callable[[Any, Encoder, int], "dict[str, Any] | None"]


class Decoder:
    """Turns the data of one message back into values, counting as it goes.

    Parameters
    ----------
    buffers : list of arrays of uint8
    unpack : callable
        `unpack(data, decoder, depth)` gives what an object with an unknown tag stands for, or
        raises WireError.
    max_nodes : int
        How many values the message may have.
    """

    __slots__ = ("_shared", "made", "max_nodes", "nodes", "unpack", "unpacked", "unused")

    def __init__(
        self,
        buffers: list[np.ndarray[Any, Any]],
        unpack: Unpack,
        max_nodes: int = MAX_NODES,
    ) -> None:
        self.unpack, self.nodes, self.max_nodes, self.unpacked = unpack, 0, max_nodes, 0
        self.unused = dict(enumerate(buffers))
        self.made: list[Any] = []  # objects that can occur again in the message
        # number of a container or array that occurs again → itself, how many values it has
        self._shared: dict[int, tuple[Any, int]] = {}

    def part(self, data: Any, depth: int = 0) -> Any:
        """The value that data was made from; raises WireError for what no encoder makes."""
        self.nodes += 1
        if self.nodes > self.max_nodes or depth > MAX_DEPTH + 1:
            raise WireError("a message with too many or too deeply nested values")
        if data is None or isinstance(data, (bool, int, float, str)):
            return data
        before = self.nodes
        if isinstance(data, list):
            mark = _mark_of(data)
            value: Any = [self.part(item, depth + 1) for item in data[mark is not None :]]
        elif not isinstance(data, dict) or not isinstance(data.get("t"), str):
            raise WireError("a value without a tag")
        elif data["t"] == "same":
            return self._same(data)
        else:
            mark = data.get("=")
            value = DECODERS.get(data["t"], self.unpack)(data, self, depth + 1)
        if mark is not None:
            if type(mark) is not int or mark in self._shared or type(value) not in _SHARED:
                raise WireError("a value with a number that it can't have")
            self._shared[mark] = value, self.nodes - before + 1
        return value

    def _same(self, data: dict[str, Any]) -> Any:
        """One that occurred before; counted as often as it occurs, because a test may print it."""
        number = data.get("i")
        if type(number) is not int or number not in self._shared:
            raise WireError("a value that did not occur before")
        value, count = self._shared[number]
        self.nodes += count
        if self.nodes > self.max_nodes:
            raise WireError("a message with too many values")
        return value

    def items(self, data: dict[str, Any], depth: int, count: int = -1) -> list[Any]:
        """The items of a container; of exactly so many, where `count` says so."""
        values = data.get("v")
        if not isinstance(values, list) or count not in (-1, len(values)):
            raise WireError("a container without its items")
        return [self.part(item, depth) for item in values]

    def pairs(self, data: dict[str, Any], depth: int) -> dict[Any, Any]:
        """The entries of a mapping."""
        pairs = self.items(data, depth)
        if not all(type(pair) is list and len(pair) == 2 for pair in pairs):
            raise WireError("a dict that is not made of pairs")
        self.check_keys([pair[0] for pair in pairs])
        return dict(pairs)

    @staticmethod
    def check_keys(keys: list[Any]) -> None:
        """Refuse keys that can't be hashed, or whose equal hashes would make a dict slow.

        Large integers, fractions and tuples can be chosen so that all have one hash. A dict or set
        of 60,000 such keys takes many seconds.
        """
        try:
            hashes = [hash(key) for key in keys]
        except TypeError as error:
            raise WireError("a dict or set whose keys can't be hashed") from error
        if len(keys) - len(set(hashes)) < MAX_COLLISIONS:
            return
        if max(Counter(hashes).values()) > MAX_COLLISIONS:
            raise WireError("a dict or set of keys with the same hash")

    def take(self, size: int) -> None:
        """Count bytes that a value takes beyond those that it brought, before they are taken."""
        self.unpacked += size
        if self.unpacked > MAX_UNPACKED:
            raise WireError("a message that becomes too large")

    def buffer(self, data: dict[str, Any]) -> np.ndarray[Any, Any]:
        """The bytes of an object: each buffer belongs to one object, so that few bytes stay few."""
        index = data.get("b")
        if type(index) is not int or index not in self.unused:
            raise WireError("a value without its bytes")
        return self.unused.pop(index)

    def text(self, data: dict[str, Any], key: str, limit: int = 10_000) -> str:
        """A text field of at most `limit` characters."""
        text = data.get(key)
        if type(text) is not str or len(text) > limit:
            raise WireError("an object without its text")
        return text

    def whole(self, data: dict[str, Any], key: str, low: int, high: int) -> int:
        """A field with an integer from `low` to `high`."""
        number = data.get(key)
        if type(number) is not int or not low <= number <= high:
            raise WireError("an object without its number")
        return number


Unpack = Callable[[dict[str, Any], Decoder, int], Any]

Encode = Callable[[Any, Encoder, int], Any]
ENCODERS: dict[type, Encode] = {}
"""Exact type → how a value of it is written; None: this one can't be, ask `pack`."""

DECODERS: dict[str, Unpack] = {}
"""Tag → how an object with it is read."""

_SHARED = frozenset((list, dict, set, np.ndarray))
"""Types of which one object can occur several times in a message, and stays one."""

_BASES = (bool, int, float, str, dict, list, tuple, set, frozenset, bytes)


def _mark_of(data: list[Any]) -> Any:
    """The number of a list that occurs again."""
    first = data[0] if data else None
    return first.get("i") if isinstance(first, dict) and first.get("t") == "mark" else None


def plain(value: Any, base: type) -> Any:
    """The content of an instance of a subclass of `base`, whatever its own methods would say."""
    if base is str:
        return str.__str__(value)
    if base is dict:
        return {key: dict.__getitem__(value, key) for key in dict.keys(value)}
    if base in (list, tuple, set, frozenset):
        return base(base.__iter__(value))
    if base is bytes:
        return bytes(memoryview(value))
    return float.__float__(value) if base is float else int.__int__(value)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(value: str) -> dict[str, Any]:
    return {"t": "str", "v": [ord(character) for character in value]}


def _read_text(data: dict[str, Any], decoder: Decoder, depth: int) -> str:
    try:
        return "".join(map(chr, decoder.items(data, depth)))
    except (TypeError, ValueError, OverflowError) as error:
        raise WireError("a text that is not made of characters") from error


def _large(value: int) -> dict[str, Any]:
    if value.bit_length() > MAX_INT_BITS:
        raise Unsendable(
            f"an integer of {value.bit_length()} bits; at most {MAX_INT_BITS} can be sent"
        )
    return {"t": "int", "v": hex(value)}


def _read_large(data: dict[str, Any], decoder: Decoder, depth: int) -> int:
    text = decoder.text(data, "v", MAX_INT_BITS // 4 + 3)
    if not _HEX.fullmatch(text):
        raise WireError("not an integer")
    return int(text, 16)


def _read_float(data: dict[str, Any], decoder: Decoder, depth: int) -> float:
    if data.get("v") not in ("nan", "inf", "-inf"):
        raise WireError("not a float")
    return float(data["v"])


def _complex(value: complex, encoder: Encoder, depth: int) -> dict[str, Any]:
    return {"t": "complex", "v": [encoder.part(value.real), encoder.part(value.imag)]}


def _read_complex(data: dict[str, Any], decoder: Decoder, depth: int) -> complex:
    real, imag = decoder.items(data, depth, 2)
    if not all(type(part) in (int, float) for part in (real, imag)):
        raise WireError("not a complex number")
    try:
        return complex(real, imag)
    except OverflowError as error:
        raise WireError("a complex number that is too large") from error


def _items_of(value: Any, encoder: Encoder, depth: int) -> dict[str, Any]:
    return {"t": type(value).__name__, "v": encoder.items(value, depth)}


def _read_tuple(data: dict[str, Any], decoder: Decoder, depth: int) -> tuple[Any, ...]:
    return tuple(decoder.items(data, depth))


def _read_set(data: dict[str, Any], decoder: Decoder, depth: int) -> set[Any]:
    items = decoder.items(data, depth)
    decoder.check_keys(items)
    return set(items)


def _read_frozenset(data: dict[str, Any], decoder: Decoder, depth: int) -> frozenset[Any]:
    return frozenset(_read_set(data, decoder, depth))


def _dict(value: dict[Any, Any], encoder: Encoder, depth: int) -> dict[str, Any]:
    return {"t": "dict", "v": encoder.pairs(value, depth)}


def _read_dict(data: dict[str, Any], decoder: Decoder, depth: int) -> dict[Any, Any]:
    return decoder.pairs(data, depth)


def _bytes(value: bytes | bytearray, encoder: Encoder, depth: int) -> dict[str, Any]:
    return {"t": type(value).__name__, "b": encoder.buffer(bytes(value))}


def _read_bytes(data: dict[str, Any], decoder: Decoder, depth: int) -> bytes:
    return decoder.buffer(data).tobytes()


def _read_bytearray(data: dict[str, Any], decoder: Decoder, depth: int) -> bytearray:
    return bytearray(decoder.buffer(data))


def _three(value: slice | range, encoder: Encoder, depth: int) -> dict[str, Any]:
    if isinstance(value, range) and _is_long(value):
        raise Unsendable(f"a range of more than {MAX_RANGE:,} numbers")
    parts = (value.start, value.stop, value.step)
    return {"t": type(value).__name__, "v": encoder.items(parts, depth)}


def _read_slice(data: dict[str, Any], decoder: Decoder, depth: int) -> slice:
    return slice(*decoder.items(data, depth, 3))


def _read_range(data: dict[str, Any], decoder: Decoder, depth: int) -> range:
    parts = decoder.items(data, depth, 3)
    if not all(type(part) is int for part in parts) or parts[2] == 0:
        raise WireError("not a range")
    if _is_long(range(*parts)):
        raise WireError("a range that is too long")
    decoder.take(BYTES_A_NUMBER * len(range(*parts)))
    return range(*parts)


def _is_long(numbers: range) -> bool:
    return bool(numbers[MAX_RANGE:])  # len() has a limit


def _constant(value: Any, encoder: Encoder, depth: int) -> dict[str, Any]:
    return {"t": type(value).__name__}


ENCODERS |= {
    complex: _complex,
    tuple: _items_of,
    set: _items_of,
    frozenset: _items_of,
    dict: _dict,
    bytes: _bytes,
    bytearray: _bytes,
    slice: _three,
    range: _three,
    type(Ellipsis): _constant,
    type(NotImplemented): _constant,
}
DECODERS |= {
    "str": _read_text,
    "int": _read_large,
    "float": _read_float,
    "complex": _read_complex,
    "tuple": _read_tuple,
    "set": _read_set,
    "frozenset": _read_frozenset,
    "dict": _read_dict,
    "bytes": _read_bytes,
    "bytearray": _read_bytearray,
    "slice": _read_slice,
    "range": _read_range,
    "ellipsis": lambda data, decoder, depth: Ellipsis,
    "NotImplementedType": lambda data, decoder, depth: NotImplemented,
}
