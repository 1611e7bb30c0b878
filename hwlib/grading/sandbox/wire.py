"""Plain values over a socket: the only thing that passes between the grader and student code.

A frame is a header and raw buffers:

    4 bytes  length of the header, big-endian
    header   JSON {"b": [length of each buffer, …], "m": message}
    buffers  the bytes of the arrays, one after the other

`codec` writes the values. There is no pickle and nothing that could run code: what is decoded is a
plain value, or a reference that the other side gave out itself. Sizes are checked
against what was announced before memory is taken, and depth, count and frame size have limits.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any

import numpy as np

from hwlib.errors import ConnectionClosed, DeadlinePassed, Unsendable, WireError
from hwlib.grading.sandbox import array_kinds, arrays, codec, library_values, type_hints
from hwlib.grading.sandbox.arrays import announced_sizes
from hwlib.grading.sandbox.codec import MAX_NODES, Decoder, Encoder, Pack, Unpack

__all__ = ["Channel"]

MAX_HEADER = 32 * 2**20  # bytes
MAX_FRAME = 768 * 2**20  # bytes of buffers in one frame
MAX_JSON = 3 * MAX_NODES  # values and brackets of a header, before it becomes objects
MAX_PARTS = 512  # of one system call
READ_AHEAD = 65536  # bytes

# what the other side may send as often as it likes: arguments of a function, a prompt
UNASKED = frozenset(("callback", "input"))
MAX_UNASKED_NODES = 100_000
MAX_UNASKED_BYTES = 128 * 2**20

# up to its end or that of the header, so that no character is looked at twice
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_LENGTH = struct.Struct(">I")
_TICK = struct.pack("ll", 0, 100_000)  # seconds, microseconds


def _json_writer() -> Callable[[Any], str]:
    """Writes JSON without spaces. `JSONEncoder.encode` makes a new encoder for each text."""
    encoder = json.JSONEncoder(separators=(",", ":"))
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:  # a Python without its C parts
        return encoder.encode
    quote = json.encoder.encode_basestring_ascii
    parts = make(None, encoder.default, quote, None, ":", ",", False, False, True)
    return lambda value: "".join(parts(value, 0))


_to_json = _json_writer()


for _formats in (arrays, array_kinds, library_values, type_hints):
    codec.ENCODERS |= _formats.ENCODERS
    codec.DECODERS |= _formats.DECODERS

Deadline = float | Callable[[], bool] | None
"""When to give up: a time of time.monotonic, or a function that says whether it has come."""


class Channel:
    """Frames over a stream socket, each message decoded to plain values.

    `pack` and `unpack` handle references (functions, instances); the default allows none. `known`
    are values that go back as references, see `Encoder`.
    """

    def __init__(
        self,
        sock: socket.socket,
        pack: Pack = lambda value, encoder, depth: None,
        unpack: Unpack | None = None,
        known: Mapping[int, Any] = MappingProxyType({}),
    ) -> None:
        self.sock, self.pack, self.unpack = sock, pack, unpack or _no_references
        self._known = known
        # received but not yet asked for: from _start to _end
        self._ahead = memoryview(bytearray(READ_AHEAD))
        self._start = self._end = 0
        self._ticking = False

    def send(self, message: dict[str, Any], deadline: Deadline = None) -> None:
        """Send one message (a dict with text keys) before `deadline` (time.monotonic seconds)."""
        encoder = Encoder(self.pack, self._known)
        data = {key: encoder.part(value) for key, value in message.items()}
        buffers = encoder.buffers
        header = _to_json({"b": [len(b) for b in buffers], "m": data}).encode()
        if len(header) > MAX_HEADER or sum(map(len, buffers)) > MAX_FRAME:
            raise Unsendable(
                f"a message of {len(header) + sum(map(len, buffers)):,} bytes; at most "
                f"{MAX_FRAME:,} can be sent"
            )
        self._send_all([_LENGTH.pack(len(header)) + header, *buffers], deadline)

    def receive(self, deadline: Deadline = None) -> dict[str, Any]:
        """The next message; ConnectionClosed, DeadlinePassed or WireError otherwise."""
        (length,) = _LENGTH.unpack(self._read_bytes(4, deadline))
        if length > MAX_HEADER:
            raise WireError(f"a header that announces {length:,} bytes")
        raw = self._read_bytes(length, deadline)
        if _brackets(raw) > MAX_JSON and _brackets(_STRING.sub(b"", raw)) > MAX_JSON:
            raise WireError("a header with too many values")
        try:
            header = _FROM_JSON.decode(raw.decode())
        except (ValueError, RecursionError) as error:
            raise WireError("a header that is not JSON") from error
        message, sizes = self._check_header(header)
        unasked = not UNASKED.isdisjoint(message)
        if unasked and sum(sizes) > MAX_UNASKED_BYTES:
            raise WireError(f"a call of the test's function with {sum(sizes):,} bytes")
        buffers = [self._read(size, deadline) for size in sizes]
        try:
            decoder = Decoder(buffers, self.unpack, MAX_UNASKED_NODES if unasked else MAX_NODES)
            return {key: decoder.part(value) for key, value in message.items()}
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
        announced = announced_sizes(header["m"], 3 * MAX_NODES) if sizes else []
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

    def _read_bytes(self, size: int, deadline: Deadline) -> bytes:
        end = self._start + size
        if end > self._end:
            return self._read(size, deadline).tobytes()
        found, self._start = bytes(self._ahead[self._start : end]), end
        return found

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


def _no_references(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    raise WireError(f"an unknown kind of value: {str(data.get('t'))[:40]!r}")


def _brackets(raw: bytes) -> int:
    """At least as many as there are values in this JSON."""
    return raw.count(b",") + raw.count(b"[") + raw.count(b"{")


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_FROM_JSON = json.JSONDecoder(parse_constant=_no_constant)
