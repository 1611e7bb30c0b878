"""Read one message with little memory: `python limited_reader.py NAME` prints what came of it.

It imports little, because each message has a process of its own.
"""

from __future__ import annotations

import json
import resource
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from hwlib.errors import WireError
from hwlib.grading.sandbox import frames
from hwlib.grading.sandbox.wire import Channel

__all__ = ["BOMBS", "FINE"]

PRIME = 2**61 - 1  # Python's hash of an integer is its remainder modulo this


def frame(message: Any, sizes: list[int] | None = None) -> bytes:
    return raw(json.dumps({"b": sizes or [], "m": message}).encode())


def raw(header: bytes) -> bytes:
    return struct.pack(">I", len(header)) + header


def many(value: Any, count: int) -> dict[str, Any]:
    return {"value": [value] * count}


def tagged(tag: str, values: Any, **more: Any) -> dict[str, Any]:
    return {"t": tag, "v": values, **more}


BOMBS: dict[str, Callable[[], bytes]] = {
    "five million lists": lambda: raw(b'{"b":[],"m":{"v":[' + b"[]," * 5 * 10**6 + b"[]]}}"),
    "five million dicts": lambda: raw(b'{"b":[],"m":{"v":[' + b"{}," * 5 * 10**6 + b"{}]}}"),
    "lists that nobody reads": lambda: raw(
        b'{"b":[],"m":{"v":{"t":"ellipsis","x":[' + b"[]," * 5 * 10**6 + b"[]]}}}"
    ),
    "a text without an end": lambda: raw(
        b'{"b":[],"m":{"v":["' + b"[]," * 10**6 + b'\\"' * 5 * 10**6
    ),
    "one long text in an array of short ones": lambda: frame(
        many(tagged("text", ["x" * 8000] + [""] * 7999, s=[8000]), 60)
    ),
    "long ranges": lambda: frame(many(tagged("range", [0, 10**6, 1]), 200_000)),
    "an empty array with long axes": lambda: frame(
        {"value": {"t": "array", "d": "<f8", "s": [10**6, 10**6, 0], "b": 0}}, [0]
    ),
    "a dtype of long texts": lambda: frame({"value": {"t": "dtype", "d": "<U99999999"}}),
    "integers with one hash": lambda: frame(
        {"value": tagged("set", [tagged("int", hex(i * PRIME)) for i in range(60_000)])}
    ),
    "fractions with one hash": lambda: frame(
        {"value": tagged("set", [tagged("fraction", [d * 7 % PRIME, d]) for d in range(1, 60_000)])}
    ),
    "keys with one hash": lambda: frame(
        {"value": tagged("dict", [[tagged("int", hex(i * PRIME)), 1] for i in range(60_000)])}
    ),
    "columns that nobody counts": lambda: frame(
        {
            "value": {"t": "table", "c": {}, "i": {"k": "str", "v": [], "n": [None]}}
            | {"v": [{"k": "str", "v": []}] * 500_000}
        }
    ),
    "a call of the test's function with many arguments": lambda: frame(
        {"callback": 0, "args": [0] * 200_000}
    ),
    "a call of the test's function with large arguments": lambda: frame(
        {"callback": 0, "args": [{"t": "bytes", "b": 0}]}, [2**28]
    ),
}
FINE: dict[str, Callable[[], bytes]] = {
    "a million numbers but three": lambda: frame({"value": [0.5] * (10**6 - 3)}),
    "a range of a million": lambda: frame({"value": tagged("range", [0, 10**6, 1])}),
    "a text of commas": lambda: frame({"value": "[,{" * 5 * 10**6}),
    "integers with close hashes": lambda: frame(
        {"value": tagged("set", [i << 42 for i in range(300_000)])}
    ),
    "powers of two, of which 33 have one hash": lambda: frame(
        {"value": tagged("set", [2.0**k for k in range(1000)])}
    ),
}


def read_limited(name: str) -> None:
    """Read one message with little memory and time; print what came of it."""
    data = (BOMBS | FINE)[name]()
    read, write = socket.socketpair()

    def send() -> None:
        write.sendall(data)
        write.close()

    threading.Thread(target=send, daemon=True).start()
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.process_time()
    if "columns" in name:
        import pandas  # type: ignore[import-untyped]

        assert pandas
    try:
        unpack = frames.read_table if "columns" in name else None
        Channel(read, unpack=unpack).receive()
        ended = "read"
    except WireError:
        ended = "refused"
    after_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    taken = [ended, after_mb - before_mb, time.process_time() - start]
    sys.stdout.write(json.dumps(taken))


if __name__ == "__main__":
    read_limited(sys.argv[1])
