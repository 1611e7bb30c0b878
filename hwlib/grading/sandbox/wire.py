"""Plain values over a socket: the only thing that passes between the grader and student code.

A frame is a header and raw buffers:

    4 bytes  length of the header, big-endian
    header   JSON {"b": [length of each buffer, …], "m": message}
    buffers  the bytes of the arrays, one after the other

In the message None, bool, int, float and str stand for themselves and a list for a list; every
other value is an object `{"t": tag, …}`. There is no pickle and nothing that could run code: what
is decoded is a number, a string, a list, tuple, set, dict, bytes, an ndarray of a plain dtype, or a
reference that the other side gave out itself. Sizes are checked against what was announced before
memory is taken, and depth, count and frame size have limits.
"""

from __future__ import annotations

import json
import math
import re
import socket
import struct
import time
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np

from hwlib.errors import ConnectionClosed, DeadlinePassed, Unsendable, WireError

__all__ = ["Channel", "decode", "encode"]

MAX_HEADER = 32 * 2**20  # bytes
MAX_FRAME = 768 * 2**20  # bytes of buffers in one frame
MAX_DEPTH = 48
MAX_NODES = 1_000_000
MAX_INT_BITS = 8192
MAX_PARTS = 512  # of one system call
READ_AHEAD = 65536  # bytes

_DTYPE = re.compile(r"\|b1|[<>|][iu][1248]|[<>]f[248]|[<>]c(8|16)")
_LENGTH = struct.Struct(">I")
_TICK = struct.pack("ll", 0, 100_000)  # seconds, microseconds
_TO_JSON = json.JSONEncoder(separators=(",", ":"))


Pack = Callable[[Any, Callable[[Any], Any]], "dict[str, Any] | None"]
"""pack(value, nested): a value that is not plain as {"t": …}, its parts encoded with nested(part);
None if it can't be sent.
"""

Deadline = float | Callable[[], bool] | None
"""When to give up: a time of time.monotonic, or a function that says whether it has come."""

Unpack = Callable[[dict[str, Any], Callable[[Any], Any]], Any]
"""unpack(data, nested): such an object back, its parts decoded with nested(part); raises WireError
for an unknown one.
"""


def encode(value: Any, buffers: list[bytes | memoryview], pack: Pack, depth: int = 0) -> Any:
    """One value as JSON-ready data; arrays go into `buffers`.

    Parameters
    ----------
    value : any plain value, or one that `pack` knows
    buffers : list
        Receives the bytes of each array, in the order of their index.
    pack : callable
        Asked for everything that is not plain.

    Raises
    ------
    Unsendable
        If the value is nested too deeply or `pack` declines it.

    Examples
    --------
    >>> encode((1, 2.5, "a"), [], lambda value, nested: None)
    {'t': 'tuple', 'v': [1, 2.5, 'a']}
    """
    if value is None or value is True or value is False:
        return value
    kind = type(value)
    if kind is str:
        return (
            value
            if value.isascii() or _is_utf8(value)
            else {"t": "str", "v": [ord(c) for c in value]}
        )
    if kind is int:
        if value.bit_length() > MAX_INT_BITS:
            raise Unsendable(
                f"an integer of {value.bit_length()} bits; at most {MAX_INT_BITS} can be sent"
            )
        return value if value.bit_length() < 64 else {"t": "int", "v": hex(value)}
    if kind is float:
        return value if math.isfinite(value) else {"t": "float", "v": repr(value)}
    if depth >= MAX_DEPTH:
        raise Unsendable(f"a value nested more than {MAX_DEPTH} deep")
    if kind is list:
        return [encode(item, buffers, pack, depth + 1) for item in value]
    if kind in (tuple, set, frozenset):
        return {"t": kind.__name__, "v": [encode(item, buffers, pack, depth + 1) for item in value]}
    if kind is dict:
        pairs = [
            [encode(k, buffers, pack, depth + 1), encode(v, buffers, pack, depth + 1)]
            for k, v in value.items()
        ]
        return {"t": "dict", "v": pairs}
    if kind is complex:
        return {"t": "complex", "v": [repr(value.real), repr(value.imag)]}
    if kind in (bytes, bytearray):
        buffers.append(bytes(value))
        return {"t": "bytes", "b": len(buffers) - 1}
    if kind is slice:
        return {
            "t": "slice",
            "v": [
                encode(part, buffers, pack, depth + 1)
                for part in (value.start, value.stop, value.step)
            ],
        }
    if kind is range:
        return {
            "t": "range",
            "v": [
                encode(part, buffers, pack, depth + 1)
                for part in (value.start, value.stop, value.step)
            ],
        }
    if value is Ellipsis:
        return {"t": "ellipsis"}
    if isinstance(value, (np.ndarray, np.generic)):
        encoded = _encode_array(value, buffers)
        if encoded is not None:
            return encoded
    reference = pack(value, lambda part: encode(part, buffers, pack, depth + 1))
    if reference is not None:
        return reference
    for base in (bool, int, float, str, dict, list, tuple, set):  # subclasses, as their plain base
        if isinstance(value, base):
            return encode(_plain(value, base), buffers, pack, depth + 1)
    raise Unsendable(f"a value of type {kind.__name__!r} can't be sent")


def _plain(value: Any, base: type) -> Any:
    if base is str:
        return str.__str__(value)
    if base is dict:
        return {key: dict.__getitem__(value, key) for key in dict.keys(value)}
    if base in (list, tuple, set):
        return base(base.__iter__(value))
    if base is float:
        return float.__float__(value)
    return int.__int__(value)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _encode_array(
    value: np.ndarray[Any, Any] | np.generic, buffers: list[bytes | memoryview]
) -> dict[str, Any] | None:
    scalar = isinstance(value, np.generic)
    array = np.asarray(value)  # the base class: what a subclass overrides stays behind
    if array.dtype.kind == "U":
        return {"t": "text", "s": list(array.shape), "v": array.ravel().tolist(), "g": scalar}
    if array.dtype == np.longdouble and array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    elif array.dtype == np.clongdouble and array.dtype.itemsize > 16:
        array = array.astype(np.complex128)
    dtype = array.dtype.str
    if not _DTYPE.fullmatch(dtype):
        return None
    contiguous = np.ascontiguousarray(array)
    buffers.append(contiguous.reshape(-1).view(np.uint8).data)  # (nbytes,)
    return {"t": "array", "d": dtype, "s": list(array.shape), "b": len(buffers) - 1, "g": scalar}


class _Decoder:
    """Turns one received message back into values, counting as it goes."""

    def __init__(self, buffers: list[np.ndarray[Any, Any]], unpack: Unpack) -> None:
        self.buffers, self.unpack, self.nodes = buffers, unpack, 0

    def value(self, data: Any, depth: int = 0) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH + 1:
            raise WireError("a message with too many or too deeply nested values")
        if data is None or isinstance(data, (bool, int, float, str)):
            return data
        if isinstance(data, list):
            return [self.value(item, depth + 1) for item in data]
        if not isinstance(data, dict) or not isinstance(data.get("t"), str):
            raise WireError("a value without a tag")
        method = _DECODED.get(data["t"])
        return (
            method(self, data, depth)
            if method
            else self.unpack(data, lambda part: self.value(part, depth + 1))
        )

    def items(self, data: dict[str, Any], depth: int) -> list[Any]:
        values = data.get("v")
        if not isinstance(values, list):
            raise WireError("a container without its items")
        return [self.value(item, depth + 1) for item in values]

    def tuple_(self, data: dict[str, Any], depth: int) -> tuple[Any, ...]:
        return tuple(self.items(data, depth))

    def set_(self, data: dict[str, Any], depth: int) -> set[Any]:
        try:
            return set(self.items(data, depth))
        except TypeError as error:
            raise WireError("a set of unhashable values") from error

    def frozenset_(self, data: dict[str, Any], depth: int) -> frozenset[Any]:
        return frozenset(self.set_(data, depth))

    def dict_(self, data: dict[str, Any], depth: int) -> dict[Any, Any]:
        pairs = self.items(data, depth)
        try:
            return dict(pairs)
        except (TypeError, ValueError) as error:
            raise WireError("a dict that is not made of pairs with hashable keys") from error

    def str_(self, data: dict[str, Any], depth: int) -> str:
        try:
            return "".join(map(chr, self.items(data, depth)))
        except (TypeError, ValueError, OverflowError) as error:
            raise WireError("a text that is not made of characters") from error

    def int_(self, data: dict[str, Any], depth: int) -> int:
        text = data.get("v")
        if (
            not isinstance(text, str)
            or len(text) > MAX_INT_BITS // 4 + 3
            or not re.fullmatch(r"-?0x[0-9a-f]+", text)
        ):
            raise WireError("not an integer")
        return int(text, 16)

    def float_(self, data: dict[str, Any], depth: int) -> float:
        if data.get("v") not in ("nan", "inf", "-inf"):
            raise WireError("not a float")
        return float(data["v"])

    def complex_(self, data: dict[str, Any], depth: int) -> complex:
        try:
            real, imag = data["v"]
            return complex(float(real), float(imag))
        except (KeyError, TypeError, ValueError) as error:
            raise WireError("not a complex number") from error

    def bytes_(self, data: dict[str, Any], depth: int) -> bytes:
        return self.buffer(data).tobytes()

    def slice_(self, data: dict[str, Any], depth: int) -> slice:
        return slice(*self._three(data, depth))

    def range_(self, data: dict[str, Any], depth: int) -> range:
        parts = self._three(data, depth)
        if not all(isinstance(part, int) for part in parts) or parts[2] == 0:
            raise WireError("not a range")
        return range(*parts)

    def _three(self, data: dict[str, Any], depth: int) -> list[Any]:
        parts = self.items(data, depth)
        if len(parts) != 3:
            raise WireError("expected start, stop and step")
        return parts

    def ellipsis_(self, data: dict[str, Any], depth: int) -> Any:
        return Ellipsis

    def buffer(self, data: dict[str, Any]) -> np.ndarray[Any, Any]:
        index = data.get("b")
        if (
            not isinstance(index, int)
            or isinstance(index, bool)
            or not 0 <= index < len(self.buffers)
        ):
            raise WireError("an array without its bytes")
        return self.buffers[index]

    def shape(self, data: dict[str, Any]) -> tuple[int, ...]:
        shape = data.get("s")
        if (
            not isinstance(shape, list)
            or len(shape) > 32
            or any(type(n) is not int or n < 0 for n in shape)
        ):
            raise WireError("an array without a shape")
        return tuple(shape)

    def array_(self, data: dict[str, Any], depth: int) -> Any:
        dtype, shape, buffer = data.get("d"), self.shape(data), self.buffer(data)
        if not isinstance(dtype, str) or not _DTYPE.fullmatch(dtype):
            raise WireError("an array of a dtype that is not plain")
        if math.prod(shape) * np.dtype(dtype).itemsize != buffer.size:
            raise WireError(f"an array that says shape {shape} and brought {buffer.size} bytes")
        array = buffer.view(dtype).reshape(shape)
        return array[()] if data.get("g") is True and shape == () else array

    def text_(self, data: dict[str, Any], depth: int) -> Any:
        shape, values = self.shape(data), self.items(data, depth)
        if math.prod(shape) != len(values) or not all(isinstance(v, str) for v in values):
            raise WireError("an array of texts that does not fit its shape")
        array = np.array(values, dtype=str).reshape(shape)
        return array[()] if data.get("g") is True and shape == () else array


_DECODED: dict[str, Callable[[_Decoder, dict[str, Any], int], Any]] = {
    "tuple": _Decoder.tuple_,
    "set": _Decoder.set_,
    "frozenset": _Decoder.frozenset_,
    "dict": _Decoder.dict_,
    "str": _Decoder.str_,
    "int": _Decoder.int_,
    "float": _Decoder.float_,
    "complex": _Decoder.complex_,
    "bytes": _Decoder.bytes_,
    "slice": _Decoder.slice_,
    "range": _Decoder.range_,
    "ellipsis": _Decoder.ellipsis_,
    "array": _Decoder.array_,
    "text": _Decoder.text_,
}
"""Tag of a value → how it is read."""


def decode(data: Any, buffers: list[np.ndarray[Any, Any]], unpack: Unpack) -> Any:
    """The value that `encode` was given; raises WireError for anything that it can't have made."""
    return _Decoder(buffers, unpack).value(data)


class Channel:
    """Frames over a stream socket, each message decoded to plain values.

    `pack` and `unpack` handle references (functions, instances); the default allows none.
    """

    def __init__(
        self,
        sock: socket.socket,
        pack: Pack = lambda value, nested: None,
        unpack: Unpack | None = None,
    ) -> None:
        self.sock, self.pack, self.unpack = sock, pack, unpack or _no_references
        # received but not yet asked for: from _start to _end
        self._ahead = memoryview(bytearray(READ_AHEAD))
        self._start = self._end = 0
        self._ticking = False

    def send(self, message: dict[str, Any], deadline: Deadline = None) -> None:
        """Send one message (a dict with text keys) before `deadline` (time.monotonic seconds)."""
        buffers: list[bytes | memoryview] = []
        data = {key: encode(value, buffers, self.pack) for key, value in message.items()}
        header = _TO_JSON.encode({"b": [len(b) for b in buffers], "m": data}).encode()
        if len(header) > MAX_HEADER or sum(map(len, buffers)) > MAX_FRAME:
            raise Unsendable(
                f"a message of {len(header) + sum(map(len, buffers)):,} bytes; at most "
                f"{MAX_FRAME:,} can be sent"
            )
        self._send_all([_LENGTH.pack(len(header)) + header, *buffers], deadline)

    def receive(self, deadline: Deadline = None) -> dict[str, Any]:
        """The next message; ConnectionClosed, DeadlinePassed or WireError otherwise."""
        (length,) = _LENGTH.unpack(bytes(self._read(4, deadline)))
        if length > MAX_HEADER:
            raise WireError(f"a header that announces {length:,} bytes")
        try:
            header = _FROM_JSON.decode(str(self._read(length, deadline).data, "utf-8"))
        except (ValueError, RecursionError) as error:
            raise WireError("a header that is not JSON") from error
        message, sizes = self._check_header(header)
        buffers = [self._read(size, deadline) for size in sizes]
        try:
            return {key: decode(value, buffers, self.unpack) for key, value in message.items()}
        except RecursionError as error:
            raise WireError("a message nested too deeply") from error

    @staticmethod
    def _check_header(header: Any) -> tuple[dict[str, Any], list[int]]:
        if (
            not isinstance(header, dict)
            or not isinstance(header.get("m"), dict)
            or not isinstance(header.get("b"), list)
        ):
            raise WireError("a header without message and buffers")
        sizes = header["b"]
        if (
            any(type(size) is not int or size < 0 for size in sizes)
            or sum(sizes) > MAX_FRAME
            or len(sizes) > MAX_NODES
        ):
            raise WireError("a header that announces impossible buffers")
        announced = _announced_sizes(header["m"]) if sizes else []
        if any(index >= len(sizes) or sizes[index] != size for index, size in announced):
            raise WireError("an array whose shape and bytes disagree")
        return header["m"], sizes

    def _send_all(self, parts: list[bytes | memoryview], deadline: Deadline) -> None:
        """All parts in as few calls as possible: each call may wake the other side, which could do
        nothing yet.
        """
        views = deque(memoryview(part) for part in parts if len(part))
        self._tick(deadline)
        while views:
            _check(deadline)
            try:
                count = self.sock.sendmsg(list(islice(views, MAX_PARTS)))
            except BlockingIOError:  # a tick has passed
                continue
            except OSError as error:
                raise ConnectionClosed from error
            while views and count >= len(views[0]):
                count -= len(views.popleft())
            if count:
                views[0] = views[0][count:]

    def _read(self, size: int, deadline: Deadline) -> np.ndarray[Any, Any]:
        array = np.empty(size, dtype=np.uint8)
        view = array.data
        self._tick(deadline)
        while view:
            if self._start == self._end and len(view) >= READ_AHEAD:
                view = view[self._receive_into(view, deadline) :]
                continue
            if self._start == self._end:
                self._start, self._end = 0, self._receive_into(self._ahead, deadline)
            count = min(len(view), self._end - self._start)
            view[:count] = self._ahead[self._start : self._start + count]
            self._start += count
            view = view[count:]
        return array

    def _receive_into(self, view: memoryview, deadline: Deadline) -> int:
        while True:
            _check(deadline)
            try:
                count = self.sock.recv_into(view)
            except BlockingIOError:  # a tick has passed
                continue
            except OSError as error:
                raise ConnectionClosed from error
            if count == 0:
                raise ConnectionClosed
            return count

    def _tick(self, deadline: Deadline) -> None:
        """With a deadline, have the system's calls come back now and then, so that it can be looked
        at: one call each, where a timeout of Python's own takes two or three."""
        if deadline is not None and not self._ticking:
            try:
                self.sock.settimeout(None)
                for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                    self.sock.setsockopt(socket.SOL_SOCKET, option, _TICK)
            except OSError as error:
                raise ConnectionClosed from error
            self._ticking = True


def _check(deadline: Deadline) -> None:
    if deadline is None:
        return
    if deadline() if callable(deadline) else time.monotonic() > deadline:
        raise DeadlinePassed


def _announced_sizes(message: Any) -> list[tuple[int, int]]:
    """(buffer index, bytes) of every array in a raw message, so that a lying shape is refused
    before memory is taken.
    """
    found, stack, nodes = [], [message], 0
    while stack:
        data = stack.pop()
        nodes += 1
        if nodes > 3 * MAX_NODES:
            raise WireError("a message with too many values")
        if isinstance(data, list):
            stack.extend(data)
        elif isinstance(data, dict):
            if data.get("t") == "array":
                dtype, shape, index = data.get("d"), data.get("s"), data.get("b")
                if not (
                    isinstance(dtype, str)
                    and _DTYPE.fullmatch(dtype)
                    and isinstance(shape, list)
                    and type(index) is int
                    and index >= 0
                    and len(shape) <= 32
                    and all(type(n) is int and n >= 0 for n in shape)
                ):
                    raise WireError("an array with a lying header")
                found.append((index, math.prod(shape) * np.dtype(dtype).itemsize))
            stack.extend(data.values())
    return found


def _no_references(data: dict[str, Any], nested: Callable[[Any], Any]) -> Any:
    raise WireError(f"an unknown kind of value: {str(data.get('t'))[:40]!r}")


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_FROM_JSON = json.JSONDecoder(parse_constant=_no_constant)
