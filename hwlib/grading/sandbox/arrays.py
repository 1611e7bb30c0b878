"""Write arrays as (dtype, shape, bytes), and arrays of texts or objects as lists.

An array in Fortran's order stays one: its columns lie one after the other.

A dtype is a number, a truth value, a date or bytes of a fixed length. Shape and bytes are compared
before memory is taken.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any

import numpy as np

from hwlib.errors import WireError
from hwlib.grading.sandbox.codec import Decoder, Encode, Encoder, Unpack

__all__ = [
    "DECODERS",
    "ENCODERS",
    "MAX_TEXT",
    "announced_sizes",
    "encode_array",
    "is_plain_dtype",
    "shape_of",
]

MAX_AXES = 32
MAX_EMPTY = 2**27  # bytes of an empty array without its axes of length 0: it brings none
MAX_TEXT = 2**28  # bytes of an array of texts, where the longest one says how wide each is

_UNIT = r"\d{0,6}(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)"
_DTYPE = re.compile(
    r"\|b1|[<>|][iu][1248]|[<>]f[248]|[<>]c(8|16)|\|S[1-9]\d{0,8}|[<>][mM]8(\[" + _UNIT + r"\])?"
)

Array = np.ndarray[Any, Any]


def is_plain_dtype(text: object) -> bool:
    """Whether this names a dtype that arrays may have when they cross."""
    return type(text) is str and _plain_dtype(text) is not None


@lru_cache(maxsize=256)
def _plain_dtype(text: str) -> np.dtype[Any] | None:
    return np.dtype(text) if _DTYPE.fullmatch(text) else None


def announced_sizes(message: Any, limit: int) -> list[tuple[int, int]]:
    """(buffer index, bytes) of every array in a raw message, so that a lying shape is refused
    before memory is taken.
    """
    found, stack, nodes = [], [message], 0
    while stack:
        data = stack.pop()
        nodes += 1
        if nodes > limit:
            raise WireError("a message with too many values")
        if isinstance(data, list):
            stack.extend(data)
        elif isinstance(data, dict):
            if data.get("t") == "array":
                index = data.get("b")
                if type(index) is not int or index < 0:
                    raise WireError("an array with a lying header")
                found.append((index, math.prod(shape_of(data)) * _dtype_of(data).itemsize))
            stack.extend(data.values())
    return found


def shape_of(data: dict[str, Any]) -> tuple[int, ...]:
    """The shape that a message says."""
    shape = data.get("s")
    if (
        type(shape) is not list
        or len(shape) > MAX_AXES
        or any(type(n) is not int or n < 0 for n in shape)
        or (0 in shape and _without_zeros(shape) > MAX_EMPTY)
    ):
        raise WireError("an array without a shape")
    return tuple(shape)


def _without_zeros(shape: list[int]) -> int:
    """The product of the other axes: a sum along an axis of length 0 has that many numbers."""
    return 8 * math.prod(n for n in shape if n)


def _dtype_of(data: dict[str, Any]) -> np.dtype[Any]:
    text = data.get("d")
    dtype = _plain_dtype(text) if type(text) is str else None
    if dtype is None:
        raise WireError("an array of a dtype that is not plain")
    return dtype


def encode_array(value: Array | np.generic, encoder: Encoder, depth: int) -> dict[str, Any] | None:
    """An array without named fields, or a scalar; None if its dtype is not plain."""
    array = np.asarray(value)  # the base class: what a subclass overrides stays behind
    if isinstance(value, np.generic):
        single = {"g": True}
    else:  # what can't be changed in a notebook can't be changed here
        single = {} if array.flags.writeable else {"r": True}
    head = {"s": list(array.shape), **single}
    if array.dtype.kind == "U":
        return {"t": "text", "v": array.ravel().tolist(), **head}
    if array.dtype.kind == "O":
        return {"t": "objects", "v": encoder.items(array.ravel().tolist(), depth), **head}
    if array.dtype == np.longdouble and array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    elif array.dtype == np.clongdouble and array.dtype.itemsize > 16:
        array = array.astype(np.complex128)
    if not is_plain_dtype(array.dtype.str):
        return None
    if array.flags.fnc:
        head, array = {**head, "f": True}, array.T
    return {"t": "array", "d": array.dtype.str, **head, "b": encoder.buffer(_bytes_of(array))}


def _bytes_of(array: Array) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data  # (nbytes,)


def _shaped(flat: Array, shape: tuple[int, ...], data: dict[str, Any]) -> Any:
    try:
        array = flat.reshape(shape)
    except (ValueError, OverflowError) as error:
        raise WireError("an array of a shape that no array can have") from error
    if data.get("r") is True:
        array.flags.writeable = False
    return array[()] if data.get("g") is True and shape == () else array


def _read_array(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    dtype, shape, buffer = _dtype_of(data), shape_of(data), decoder.buffer(data)
    if math.prod(shape) * dtype.itemsize != buffer.size:
        raise WireError(f"an array that says shape {shape} and brought {buffer.size} bytes")
    if data.get("f") is True:
        return _shaped(buffer.view(dtype), shape[::-1], data).T
    return _shaped(buffer.view(dtype), shape, data)


def _read_text(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    shape, values = shape_of(data), decoder.items(data, depth)
    if math.prod(shape) != len(values) or not all(type(v) is str for v in values):
        raise WireError("an array of texts that does not fit its shape")
    if 4 * max(map(len, values), default=0) * len(values) > MAX_TEXT:
        raise WireError("an array of texts that is too large")
    decoder.take(4 * max(map(len, values), default=0) * len(values))
    return _shaped(np.array(values, dtype=str), shape, data)


def _read_objects(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    shape, values = shape_of(data), decoder.items(data, depth)
    if math.prod(shape) != len(values):
        raise WireError("an array of objects that does not fit its shape")
    array = np.empty(len(values), dtype=object)
    for index, value in enumerate(values):
        array[index] = value
    return _shaped(array, shape, {})


ENCODERS: dict[type, Encode] = {np.ndarray: encode_array}
DECODERS: dict[str, Unpack] = {
    "array": _read_array,
    "text": _read_text,
    "objects": _read_objects,
}
