"""Write NumPy's own kinds of arrays: with named fields, masked, matrices.

Each is made of plain arrays, which are checked as ever. A class that a student derives from one of
these is not among them. A masked array crosses to a worker only: where all of it is masked, NumPy
says that it equals anything, so one of a student's must not reach a test.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hwlib.errors import WireError
from hwlib.grading.sandbox.arrays import MAX_TEXT, shape_of
from hwlib.grading.sandbox.arrays import encode_array as encode_plain
from hwlib.grading.sandbox.codec import Decoder, Encode, Encoder, Unpack

__all__ = ["DECODERS", "ENCODERS", "encode_derived", "encode_masked", "read_derived", "read_masked"]

MAX_FIELDS = 1000

_HOMES = ("numpy", "builtins")

Array = np.ndarray[Any, Any]


def _encode(value: Array | np.generic, encoder: Encoder, depth: int) -> dict[str, Any] | None:
    """Any array: one with fields as an array for each of them."""
    if isinstance(value, np.ndarray) and type(value) not in (np.ndarray, np.recarray):
        packed = encoder.pack(value, encoder, depth)
        if packed is not None:
            return packed
    array = np.asarray(value)
    if not array.dtype.names:
        return encode_plain(value, encoder, depth)
    found: dict[str, Any] = {
        "t": "fields",
        "s": list(array.shape),
        "n": list(array.dtype.names),
        "w": [_width(array.dtype[name]) for name in array.dtype.names],
        "v": [encoder.part(array[name], depth) for name in array.dtype.names],
    }
    if isinstance(value, np.generic):
        found["g"] = True
    if array.dtype.type is np.record:
        found["k"] = "recarray" if isinstance(value, np.recarray) else "record"
    return found


def _width(dtype: np.dtype[Any]) -> int:
    """How many characters a text of this field may have, else 0."""
    return dtype.base.itemsize // 4 if dtype.base.kind == "U" else 0


def _read_fields(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    shape, names, widths = shape_of(data), data.get("n"), data.get("w")
    parts = decoder.items(data, depth)
    if (
        type(names) is not list
        or type(widths) is not list
        or not 0 < len(names) == len(widths) == len(parts) <= MAX_FIELDS
        or not all(type(name) is str and 0 < len(name) <= 100 for name in names)
        or not all(_is_field(part, shape) for part in parts)
    ):
        raise WireError("an array with other fields than it says")
    try:
        kinds = [_dtype_of(*one, shape) for one in zip(names, parts, widths, strict=True)]
        array = np.empty(shape, dtype=kinds)
    except (TypeError, ValueError, OverflowError) as error:
        raise WireError("an array with fields that can't be") from error
    for name, part in zip(names, parts, strict=True):
        array[name] = part
    if data.get("k") in ("recarray", "record"):
        array = array.view(np.dtype((np.record, array.dtype)))
    if data.get("g") is True and shape == ():
        return array[()]
    return array.view(np.recarray) if data.get("k") == "recarray" else array


def _is_field(part: Any, shape: tuple[int, ...]) -> bool:
    return type(part) is np.ndarray and part.shape[: len(shape)] == shape


def _dtype_of(name: str, part: Array, width: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """(name, dtype, shape) of one field."""
    own = part.shape[len(shape) :]
    if part.dtype.kind != "U":
        return name, part.dtype, own
    if type(width) is not int or not width >= 0 or 4 * width * math.prod(part.shape) > MAX_TEXT:
        raise WireError("an array of texts that is too large")
    return name, f"U{width}", own


def _matrix(value: Any, encoder: Encoder, depth: int) -> dict[str, Any]:
    return {"t": "matrix", "v": encoder.part(np.asarray(value), depth)}


def _read_matrix(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    array = decoder.part(data.get("v"), depth)
    if type(array) is not np.ndarray or array.ndim != 2:
        raise WireError("a matrix that has not two axes")
    return array.view(np.matrix)


def encode_derived(value: Array, encoder: Encoder, depth: int) -> dict[str, Any] | None:
    """An array of a student's own class: its data, and the names of what only that class has."""
    own = [one for one in type(value).__mro__ if not one.__module__.startswith(_HOMES)]
    names = [*getattr(value, "__dict__", ()), *(name for one in own for name in vars(one))]
    names = [str(name)[:100] for name in names if not str(name).startswith("__")]
    if not own or not names:
        return None
    data = encoder.part(np.asarray(value), depth)
    return {"t": "derived", "v": data, "n": list(dict.fromkeys(names))[:MAX_FIELDS]}


def read_derived(data: dict[str, Any], decoder: Decoder, depth: int) -> tuple[Array, list[str]]:
    """The data and the names that `encode_derived` wrote."""
    array, names = decoder.part(data.get("v"), depth), data.get("n")
    if type(array) is not np.ndarray or type(names) is not list:
        raise WireError("an array of a class without its data")
    return array, [name for name in names if type(name) is str][:MAX_FIELDS]


def encode_masked(value: Any, encoder: Encoder, depth: int) -> dict[str, Any] | None:
    """A masked array of the test's; None if it is something else."""
    if type(value) is not np.ma.MaskedArray or value.dtype.names:
        return None
    mask = np.ma.getmask(value)
    return {
        "t": "masked",
        "v": encoder.part(np.asarray(np.ma.getdata(value)), depth),
        "m": None if mask is np.ma.nomask else encoder.part(np.asarray(mask), depth),
        "f": encoder.part(value.fill_value, depth),
    }


def read_masked(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    """The masked array that `encode_masked` wrote."""
    array, mask = decoder.part(data.get("v"), depth), decoder.part(data.get("m"), depth)
    fill = decoder.part(data.get("f"), depth)
    fits = type(array) is np.ndarray and (
        mask is None
        or (type(mask) is np.ndarray and mask.dtype == np.bool_ and mask.shape == array.shape)
    )
    if not fits or not isinstance(fill, (int, float, complex, str, bytes, np.generic)):
        raise WireError("a masked array without its parts")
    try:
        made = np.ma.MaskedArray(array, mask=np.ma.nomask if mask is None else mask)
        made.fill_value = fill
    except (TypeError, ValueError, OverflowError) as error:
        raise WireError("a masked array that can't be") from error
    return made


ENCODERS: dict[type, Encode] = {
    np.ndarray: _encode,
    np.matrix: _matrix,
}
DECODERS: dict[str, Unpack] = {
    "fields": _read_fields,
    "matrix": _read_matrix,
}
