"""Models as files: NAME.safetensors beside the notebook, and back.

The format holds numbers and nothing that could run code. What is read may come from a stranger: the size of the file and of every array is
bounded before memory is taken, links and special files are not followed, and a file that is not what it says is refused.

A file's header has, under `__metadata__`, `hwlib` (the version that wrote it), `kind` ("arrays") and `shapes` (JSON, name → shape).
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from hwlib.errors import ModelError

__all__ = ["load_model", "look_in", "save_model"]

Array = np.ndarray[Any, np.dtype[Any]]

MAX_FILE_BYTES = 256 * 2**20
MAX_HEADER_BYTES = 2**20
MAX_NUMBERS = 32 * 10**6      # in one file: 256 MB as float64
MAX_ARRAYS = 1000
MAX_DIMENSIONS = 8

_SUFFIX = ".safetensors"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")
_DTYPES = {"F16": np.float16, "F32": np.float32, "F64": np.float64}

_folder: Path | None = None   # where load_model looks, and nowhere else; None: the working directory


def save_model(arrays: Mapping[str, Any], name: str) -> Path:
    """Write a model to NAME.safetensors in the working directory, which in a notebook is the notebook's own; it is handed in with it.

    Parameters
    ----------
    arrays : dict of str to array
        The parameters, of dtype float16, float32 or float64; stored as they are. float32 makes the file half as large.
    name : str
        The file's name without its suffix: letters, digits, _ and -.

    Returns
    -------
    Path
        The file, whole or not there at all: it takes the place of an older one only when it is complete.

    Raises
    ------
    ModelError
        If an entry is no array of finite floating-point numbers, there is too much of them, or the name is no plain name.

    Examples
    --------
    >>> import contextlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
    ...     path = save_model({"W": np.eye(2), "b": np.zeros(2)}, "best_softmax")
    ...     load_model("best_softmax")["W"]
    array([[1., 0.],
           [0., 1.]])
    """
    _check_name(name)
    path = Path.cwd() / f"{name}{_SUFFIX}"
    checked = _checked_arrays(arrays, path.name)
    _write(path, save(checked, metadata=_metadata(checked)))
    return path


def load_model(name_or_path: str | Path) -> dict[str, Array]:
    """Read a model that `save_model` wrote.

    Parameters
    ----------
    name_or_path : str or Path
        The name that was given to `save_model`, or a path to the file.

    Returns
    -------
    dict of str to array
        float64, whatever the file holds: NumPy models compute in it.

    Raises
    ------
    ModelError
        If the file is missing, is a link, is too large, or is not what `save_model` writes: wrong kind, dtype or shapes, NaN, damage.
    """
    path = _find(name_or_path)
    data = _read(path)
    header = _header(data, path.name)
    try:
        stored = load(data)
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise ModelError(f"{path.name}: damaged or not a safetensors file ({error}); write it again with hwlib.save_model") from error
    if {name: list(array.shape) for name, array in stored.items()} != header:
        raise ModelError(f"{path.name}: its header and its content disagree; write it again with hwlib.save_model")
    arrays = {name: stored[name].astype(np.float64) for name in header}      # the order in which they were saved
    for name, array in arrays.items():
        _check_finite(array, name, path.name)
    return arrays


def look_in(folder: Path | None) -> None:
    """Let `load_model` look in this folder and nowhere else: the grader calls it with a submission's folder before a test.

    None: look in the working directory again. Paths that leave the folder, and links inside it, are refused.
    """
    global _folder  # noqa: PLW0603  one submission at a time in a process
    _folder = None if folder is None else Path(folder).resolve()


# ---- writing ----


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ModelError(f"save_model: the name {name!r} must be letters, digits, _ and - without a folder or suffix, "
                         "such as \"best_model\"")


def _checked_arrays(arrays: object, file: str) -> dict[str, Array]:
    if not isinstance(arrays, Mapping) or not arrays:
        raise ModelError(f"save_model: expected a dict of arrays with at least one entry, found {_describe(arrays)}")
    checked: dict[str, Array] = {}
    for name, value in arrays.items():
        if not isinstance(name, str) or not name.isprintable() or not name or name == "__metadata__":
            raise ModelError(f"save_model: the keys of the dict must be names of arrays, found {name!r}")
        if not isinstance(value, np.ndarray | np.floating | float):
            raise ModelError(f"save_model: {name!r} is {_describe(value)}; expected an array of float16, float32 or float64")
        array = np.asarray(value)
        if array.dtype.kind != "f" or array.dtype.newbyteorder("=") not in _DTYPES.values():
            raise ModelError(f"save_model: {name!r} has dtype {array.dtype}; expected float64, float32 or float16: "
                             f"use .astype(np.float64)")
        _check_finite(array, name, "save_model")
        checked[name] = np.array(array, dtype=array.dtype.newbyteorder("="), order="C", subok=False)
    _check_bounds({name: list(array.shape) for name, array in checked.items()}, file)
    return checked


def _metadata(arrays: Mapping[str, Array]) -> dict[str, str]:
    from hwlib import __version__

    return {"hwlib": __version__, "kind": "arrays", "shapes": json.dumps({name: list(array.shape) for name, array in arrays.items()})}


def _write(path: Path, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(prefix=f".{path.stem}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)          # mkstemp makes files that only their owner can read
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _describe(value: object) -> str:
    return "an empty dict" if isinstance(value, Mapping) and not value else f"of type {type(value).__name__}"


# ---- finding and reading ----


def _find(name_or_path: object) -> Path:
    if not isinstance(name_or_path, str | Path) or not str(name_or_path) or "\0" in str(name_or_path):
        raise ModelError(f"load_model: expected the name of a model or a path, found {name_or_path!r}")
    given = Path(f"{name_or_path}{_SUFFIX}" if _NAME.fullmatch(str(name_or_path)) else name_or_path)
    if given.suffix != _SUFFIX:
        raise ModelError(f"load_model: {given.name!r} is neither a plain name nor a file *{_SUFFIX}")
    if _folder is None:
        return given
    if given.is_absolute() or ".." in given.parts:
        raise ModelError(f"load_model: {str(name_or_path)!r} leaves the submission's folder; use the model's name alone")
    place = _folder
    for part in given.parts[:-1]:
        place /= part
        if place.is_symlink():
            raise ModelError(f"load_model: {part!r} is a link; hand in the file itself")
    return place / given.name


def _read(path: Path) -> bytes:
    """The whole file, opened once: no link, no special file, not too large."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if path.is_symlink():
        raise ModelError(f"{path.name} is a link; put the file itself there")
    try:
        handle = os.open(path, flags)
    except FileNotFoundError as error:
        raise ModelError(f"{path.name} is missing; make it with hwlib.save_model(…, \"{path.stem}\") and keep it beside the "
                         "notebook") from error
    except OSError as error:
        raise ModelError(f"{path.name} can't be read ({error.strerror})") from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise ModelError(f"{path.name} is no ordinary file; write it with hwlib.save_model")
        if status.st_size > MAX_FILE_BYTES:
            raise ModelError(f"{path.name} has {status.st_size:,} bytes; at most {MAX_FILE_BYTES:,} are read: hand in a smaller model")
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(MAX_FILE_BYTES)
    finally:
        os.close(handle)


def _header(data: bytes, file: str) -> dict[str, list[int]]:
    """The shape of each array, after everything that the header says has been found possible."""
    entries = _parse_header(data, file)
    metadata = entries.pop("__metadata__", None)
    if not isinstance(metadata, dict) or metadata.get("kind") != "arrays":
        found = str(metadata.get("kind"))[:40] if isinstance(metadata, dict) else None
        raise ModelError(f"{file}: expected a file of hwlib.save_model with kind 'arrays', found {found!r}; write it again with "
                         "hwlib.save_model")
    shapes = {}
    for name, entry in entries.items():
        shape = entry.get("shape") if isinstance(entry, dict) else None
        if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in shape):
            raise ModelError(f"{file}: {name[:40]!r} has no possible shape in the header")
        if str(entry.get("dtype")) not in _DTYPES:
            raise ModelError(f"{file}: {name[:40]!r} has dtype {str(entry.get('dtype'))[:10]}; expected one of {', '.join(_DTYPES)}")
        shapes[name] = shape
    _check_bounds(shapes, file)
    return _in_stated_order(metadata, shapes, file)


def _parse_header(data: bytes, file: str) -> dict[str, Any]:
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(MAX_HEADER_BYTES, len(data) - 8):
        raise ModelError(f"{file}: not a safetensors file, or cut off; write it again with hwlib.save_model")
    try:
        entries = json.loads(data[8:8 + length].decode("utf-8"), object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{file}: its header is not JSON of the right form; write it again with hwlib.save_model") from error
    if not isinstance(entries, dict):
        raise ModelError(f"{file}: its header is not JSON of the right form; write it again with hwlib.save_model")
    return entries


def _in_stated_order(metadata: dict[str, Any], shapes: dict[str, list[int]], file: str) -> dict[str, list[int]]:
    try:
        stated = json.loads(str(metadata.get("shapes")), object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError):
        stated = None
    if stated != shapes:
        raise ModelError(f"{file}: its header says two different things about the shapes; write it again with hwlib.save_model")
    return dict(stated)


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _check_bounds(shapes: Mapping[str, list[int]], file: str) -> None:
    if not 1 <= len(shapes) <= MAX_ARRAYS:
        raise ModelError(f"{file}: {len(shapes)} arrays; expected from 1 to {MAX_ARRAYS:,}")
    if any(len(shape) > MAX_DIMENSIONS for shape in shapes.values()):
        raise ModelError(f"{file}: an array of more than {MAX_DIMENSIONS} dimensions")
    numbers = sum(map(math.prod, shapes.values()))
    if numbers > MAX_NUMBERS:
        raise ModelError(f"{file}: {numbers:,} numbers; at most {MAX_NUMBERS:,} are allowed: hand in a smaller model")


def _check_finite(array: Array, name: str, where: str) -> None:
    if not np.isfinite(array).all():
        raise ModelError(f"{where}: {name!r} has NaN or infinite entries, so it can't predict anything; did the training diverge?")
