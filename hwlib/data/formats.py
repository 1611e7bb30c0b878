"""Decode the files of data sets. Hostile or damaged bytes raise DataCorrupt and do no harm.

Every decoder knows the shape that it must find, and checks it before it takes memory. It runs no
code that a file names. A CIFAR-10 batch is a pickle, but only the opcodes of plain values are
allowed. NumPy's array and dtype are replaced by classes that only keep their arguments.
"""

from __future__ import annotations

import io
import json
import pickle
import pickletools
import struct
import zlib
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwlib.data.definitions import FileFormat, idx_header
from hwlib.errors import DataCorrupt

__all__ = ["decode", "size_limit"]

Shape = tuple[int, ...]
Bytes8 = NDArray[np.uint8]

_PICKLE_OPCODES = frozenset(
    (
        "PROTO",
        "STOP",
        "MARK",
        "NONE",
        "NEWTRUE",
        "NEWFALSE",
        "BININT",
        "BININT1",
        "BININT2",
        "BINSTRING",
        "SHORT_BINSTRING",
        "BINUNICODE",
        "EMPTY_DICT",
        "EMPTY_LIST",
        "EMPTY_TUPLE",
        "TUPLE",
        "TUPLE1",
        "TUPLE2",
        "TUPLE3",
        "APPEND",
        "APPENDS",
        "SETITEM",
        "SETITEMS",
        "BINPUT",
        "LONG_BINPUT",
        "BINGET",
        "LONG_BINGET",
        "GLOBAL",
        "REDUCE",
        "BUILD",
    )
)


def decode(file_format: FileFormat, data: bytes, shapes: tuple[Shape, ...]) -> tuple[Bytes8, ...]:
    """Decode one file into uint8 arrays of these shapes; raises DataCorrupt if that fails."""
    if file_format == "idx":
        return (_decode_idx(data, shapes[0]),)
    if file_format == "png":
        return (_decode_png(data, shapes[0]),)
    if file_format == "json":
        return (_decode_labels(data, shapes[0][0]),)
    return _decode_batch(data, shapes[0])


def size_limit(file_format: FileFormat, shapes: tuple[Shape, ...]) -> int:
    """The largest size in bytes that a valid file of this format can have."""
    content, rows = prod(shapes[0]), shapes[0][0]
    if file_format == "idx":
        return len(idx_header(shapes[0])) + content
    if file_format == "png":
        return content + content // 20 + 65_536  # noise doesn't compress, so PNG adds a little
    if file_format == "json":
        return 8 * rows + 1_024
    return content + 256 * rows + 16_384  # a batch also holds the labels and each image's file name


def _decode_idx(data: bytes, shape: Shape) -> Bytes8:
    header = idx_header(shape)
    if data[: len(header)] != header:
        raise DataCorrupt(
            f"expected an IDX header of {shape}, found {data[: len(header)].hex() or 'nothing'}"
        )
    if len(data) != len(header) + prod(shape):
        raise DataCorrupt(f"expected {len(header) + prod(shape):,} bytes, found {len(data):,}")
    # `shape`: (N,) or (N, 28, 28)
    return np.frombuffer(data, np.uint8, offset=len(header)).reshape(shape)


def _decode_png(data: bytes, shape: Shape) -> Bytes8:
    """Decode a PNG with one image of the data set in each row of height · width RGB pixels."""
    from PIL import Image

    rows, height, width, _ = shape
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            if image.size != (height * width, rows) or image.mode != "RGB":
                raise DataCorrupt(
                    f"expected an RGB image of {height * width} × {rows} pixels, found "
                    f"{image.mode} of "
                    f"{image.size[0]} × {image.size[1]}"
                )
            pixels = np.asarray(image)  # (N, height · width, 3)
    except (
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        struct.error,
        zlib.error,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise DataCorrupt(f"not a whole PNG image: {_one_line(error)}") from error
    return pixels.reshape(shape)  # (N, height, width, 3)


def _decode_labels(data: bytes, rows: int) -> Bytes8:
    try:
        labels = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DataCorrupt(f"not a JSON list of labels: {_one_line(error)}") from error
    return _labels(labels, rows)


def _labels(labels: object, rows: int) -> Bytes8:
    if not isinstance(labels, list) or len(labels) != rows:
        found = f"{len(labels):,}" if isinstance(labels, list) else type(labels).__name__
        raise DataCorrupt(f"expected a list of {rows:,} labels, found {found}")
    if not all(type(label) is int and 0 <= label <= 9 for label in labels):
        raise DataCorrupt("expected labels from 0 to 9, found others")
    return np.array(labels, dtype=np.uint8)


class _Array:
    """Stand-in for numpy.ndarray while unpickling: keeps the state and computes nothing."""

    def __init__(self, *_: object) -> None:
        self.state: Any = None

    def __setstate__(self, state: object) -> None:
        self.state = state


class _Dtype(_Array):
    """Stand-in for numpy.dtype: keeps its name."""

    def __init__(self, name: object = None, *_: object) -> None:
        super().__init__()
        self.name = name


_STAND_INS = {
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
}


class _BatchUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _STAND_INS[module, name]
        except KeyError:
            raise pickle.UnpicklingError(
                f"the file names {module}.{name}, which is refused"
            ) from None


def _decode_batch(data: bytes, shape: Shape) -> tuple[Bytes8, ...]:
    """A published CIFAR-10 batch: {data: uint8 (N, 3072), channels first; labels: list of N; …}."""
    rows, height, width, channels = shape
    try:
        _check_opcodes(data, most=20 * rows + 1_000)
        batch = _BatchUnpickler(io.BytesIO(data), encoding="bytes").load()
        labels = batch[b"labels"]
        _, found_shape, dtype, fortran, raw = batch[b"data"].state
    except (
        pickle.UnpicklingError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        EOFError,
        ImportError,
        OverflowError,
        RecursionError,
    ) as error:
        raise DataCorrupt(f"not a CIFAR-10 batch: {_one_line(error)}") from error
    if (
        found_shape != (rows, prod(shape[1:]))
        or getattr(dtype, "name", None) != b"u1"
        or fortran is not False
    ):
        raise DataCorrupt(
            f"expected uint8 {(rows, prod(shape[1:]))}, found another shape, type or order"
        )
    if not isinstance(raw, bytes) or len(raw) != prod(shape):
        raise DataCorrupt(f"expected {prod(shape):,} bytes of pixels, found another amount")
    planes = np.frombuffer(raw, np.uint8).reshape(rows, channels, height, width)  # (N, 3, 32, 32)
    return planes.transpose(0, 2, 3, 1), _labels(labels, rows)  # (N, 32, 32, 3), (N,)


def _check_opcodes(data: bytes, most: int) -> None:
    """Refuse a pickle with opcodes that plain values do not need, or that is too large."""
    for count, (opcode, argument, _) in enumerate(pickletools.genops(data)):
        if opcode.name not in _PICKLE_OPCODES:
            raise pickle.UnpicklingError(f"opcode {opcode.name} is refused")
        if count > most or (opcode.name == "LONG_BINPUT" and int(argument or 0) > most):
            raise pickle.UnpicklingError("more values than a batch has")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
