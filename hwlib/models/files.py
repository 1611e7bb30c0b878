"""Writes and reads model files, and checks them before it takes memory.

The format is safetensors, which holds numbers and nothing that could run code. A file may come from
a stranger. So the size of the file and of every array is limited, links and special files are not
opened, and a file that contradicts its header is refused.

A file's header has, under `__metadata__`, `hwlib` (the version that wrote it), `kind` ("arrays" or
"layers"), `shapes` (JSON, name → shape) and, for layers, `model` (their description) and `training`
(a summary), both JSON.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hwlib.atomic import write_whole
from hwlib.errors import ModelError

try:
    from safetensors import SafetensorError
    from safetensors.numpy import load, save
except ModuleNotFoundError:
    if sys.platform != "emscripten":
        raise
    SafetensorError = ValueError  # type: ignore[misc]

    def load(*_: object, **__: object) -> dict[str, Any]:
        """In a JupyterLite without safetensors, everything that needs no model file works."""
        raise ModelError(
            "This JupyterLite has no safetensors, which model files need; tell your instructor to "
            "build it with a full distribution of Pyodide"
        )

    save = load

__all__ = [
    "MAX_FILE_BYTES",
    "Array",
    "StoredModel",
    "check_bounds",
    "check_finite",
    "check_name",
    "looking_in",
    "open_model",
    "write_model",
]

Array = np.ndarray[Any, np.dtype[Any]]

MAX_FILE_BYTES = 256 * 2**20
MAX_HEADER_BYTES = 2**20
MAX_NUMBERS = 32 * 10**6  # in one file: 256 MB as float64
MAX_ARRAYS = 1000
MAX_DIMENSIONS = 8
MAX_SHOWN_NAME = 60  # letters of a file's name in a message
KINDS = ("arrays", "layers")

_SUFFIX = ".safetensors"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")
_DTYPES = {"F16": np.float16, "F32": np.float32, "F64": np.float64}

# where load_model looks, and nowhere else; None: the working directory
_folder: ContextVar[Path | None] = ContextVar("hwlib.models.folder", default=None)


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model file that has been read: its header is checked, its numbers are not yet."""

    file: str  # its name, for messages
    kind: str
    shapes: dict[str, list[int]]  # name → shape, in the order in which the arrays were saved
    metadata: Mapping[str, Any]
    data: bytes

    def arrays(self) -> dict[str, Array]:
        """Read the numbers, with the dtype that is stored.

        It raises ModelError if they contradict the header, or if one is NaN or infinite.
        """
        try:
            stored = load(self.data)
        except (SafetensorError, KeyError, ValueError, TypeError) as error:
            raise ModelError(
                f"{self.file}: damaged or not a safetensors file ({error}); write it again with "
                "hwlib.save_model"
            ) from error
        if {name: list(array.shape) for name, array in stored.items()} != self.shapes:
            raise ModelError(
                f"{self.file}: its header does not match its content; write it again with "
                "hwlib.save_model"
            )
        for name, array in stored.items():
            check_finite(array, name, self.file)
        return {name: stored[name] for name in self.shapes}


def open_model(name_or_path: object) -> StoredModel:
    """Find a model file, read it, and check its header.

    Raises
    ------
    ModelError
        If it is missing, is a link, is too large, or was not written by `save_model`.
    """
    path = _find(name_or_path)
    data = _read(path)
    return _header(data, path.name)


def write_model(
    name: str, arrays: Mapping[str, Array], kind: str, more: Mapping[str, str] | None = None
) -> Path:
    """Write NAME.safetensors to the working directory in one step."""
    from hwlib import __version__

    check_name(name)
    path = Path.cwd() / f"{name}{_SUFFIX}"
    shapes = {key: list(array.shape) for key, array in arrays.items()}
    check_bounds(shapes, path.name)
    write_whole(
        path,
        save(
            dict(arrays),
            metadata={
                "hwlib": __version__,
                "kind": kind,
                "shapes": json.dumps(shapes),
                **(more or {}),
            },
        ),
    )
    return path


@contextmanager
def looking_in(folder: Path | None) -> Iterator[None]:
    """Make `load_model` look only in this folder, the submission's, while the block runs.

    None means the working directory. Paths out of the folder and links inside it are refused.
    """
    token = _folder.set(None if folder is None else Path(folder).resolve())
    try:
        yield
    finally:
        _folder.reset(token)


# ---- writing ----


def check_name(name: object) -> None:
    """Raise ModelError unless it is a plain name."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ModelError(
            f"save_model: the name {name!r} must be letters, digits, _ and - without a folder or "
            "suffix, "
            'such as "best_model"'
        )


# ---- finding and reading ----


def _find(name_or_path: object) -> Path:
    if (
        not isinstance(name_or_path, str | Path)
        or not str(name_or_path)
        or "\0" in str(name_or_path)
    ):
        raise ModelError(
            f"load_model: expected the name of a model or a path to a file, found {name_or_path!r}"
        )
    given = Path(f"{name_or_path}{_SUFFIX}" if _NAME.fullmatch(str(name_or_path)) else name_or_path)
    if given.suffix != _SUFFIX:
        raise ModelError(
            f"load_model: {given.name!r} is neither a plain name nor a file *{_SUFFIX}"
        )
    place = _folder.get()
    if place is None:
        return given
    if given.is_absolute() or ".." in given.parts:
        raise ModelError(
            f"load_model: {str(name_or_path)!r} leaves the submission's folder; use the model's "
            "name alone"
        )
    for part in given.parts[:-1]:
        place /= part
        if place.is_symlink():
            raise ModelError(f"load_model: {part!r} is a link; hand in the file itself")
    return place / given.name


def _read(path: Path) -> bytes:
    """Read a whole file, unless it is a link, a special file or too large."""
    flags = (
        os.O_RDONLY
        | getattr(os, "O_NOFOLLOW", 0)
        | getattr(os, "O_NONBLOCK", 0)
        | getattr(os, "O_BINARY", 0)
    )
    if path.is_symlink():
        raise ModelError(f"{path.name} is a link; replace it by the file itself")
    try:
        handle = os.open(path, flags)
    except FileNotFoundError as error:
        raise ModelError(
            f"{path.name} is missing{_others_beside(path)}; make it with hwlib.save_model(…, "
            f'"{path.stem}") and keep it beside the notebook'
        ) from error
    except OSError as error:
        raise ModelError(
            f"{path.name} cannot be read ({error.strerror}); save it again with hwlib.save_model"
        ) from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise ModelError(f"{path.name} is not an ordinary file; write it with hwlib.save_model")
        if status.st_size > MAX_FILE_BYTES:
            raise ModelError(
                f"{path.name} has {status.st_size:,} bytes; at most {MAX_FILE_BYTES:,} are read: "
                "hand in a smaller model"
            )
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(MAX_FILE_BYTES)
    finally:
        os.close(handle)


def _others_beside(path: Path) -> str:
    """The model files that are there instead, as a part of a sentence."""
    try:
        names = sorted(one.name for one in path.parent.glob(f"*{_SUFFIX}"))
    except OSError:
        return ""
    shown = [name for name in names if name.isprintable() and len(name) <= MAX_SHOWN_NAME][:5]
    return f", but {', '.join(shown)} {'is' if len(shown) == 1 else 'are'} there" if shown else ""


def _header(data: bytes, file: str) -> StoredModel:
    """Make a stored model, after checking that its header is possible."""
    entries = _parse_header(data, file)
    metadata = entries.pop("__metadata__", None)
    if not isinstance(metadata, dict) or metadata.get("kind") not in KINDS:
        found = str(metadata.get("kind"))[:40] if isinstance(metadata, dict) else None
        raise ModelError(
            f"{file}: expected a file of hwlib.save_model with kind 'arrays' or 'layers', found "
            f"{found!r}; write it again "
            "with hwlib.save_model"
        )
    shapes = {}
    for name, entry in entries.items():
        shape = entry.get("shape") if isinstance(entry, dict) else None
        if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in shape):
            raise ModelError(f"{file}: the header has an impossible shape for {name[:40]!r}")
        if str(entry.get("dtype")) not in _DTYPES:
            raise ModelError(
                f"{file}: {name[:40]!r} has dtype {str(entry.get('dtype'))[:10]}; expected one of "
                f"{', '.join(_DTYPES)}"
            )
        shapes[name] = shape
    check_bounds(shapes, file)
    return StoredModel(
        file, metadata["kind"], _in_stated_order(metadata, shapes, file), metadata, data
    )


def _parse_header(data: bytes, file: str) -> dict[str, Any]:
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(MAX_HEADER_BYTES, len(data) - 8):
        raise ModelError(
            f"{file}: not a safetensors file, or cut off; write it again with hwlib.save_model"
        )
    try:
        entries = json.loads(
            data[8 : 8 + length].decode("utf-8"), object_pairs_hook=_without_repetition
        )
    except (ValueError, RecursionError) as error:
        raise ModelError(
            f"{file}: its header is not JSON of the right form; write it again with "
            "hwlib.save_model"
        ) from error
    if not isinstance(entries, dict):
        raise ModelError(
            f"{file}: its header is not JSON of the right form; write it again with "
            "hwlib.save_model"
        )
    return entries


def _in_stated_order(
    metadata: dict[str, Any], shapes: dict[str, list[int]], file: str
) -> dict[str, list[int]]:
    try:
        stated = json.loads(str(metadata.get("shapes")), object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError):
        stated = None
    if stated != shapes:
        raise ModelError(
            f"{file}: its header gives two different shapes; write it again with hwlib.save_model"
        )
    return dict(stated)


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is there twice")
    return found


def check_bounds(shapes: Mapping[str, list[int]], file: str) -> None:
    """Raise ModelError if there are too many arrays, numbers or dimensions."""
    if not 1 <= len(shapes) <= MAX_ARRAYS:
        raise ModelError(f"{file}: {len(shapes)} arrays; expected from 1 to {MAX_ARRAYS:,}")
    if any(len(shape) > MAX_DIMENSIONS for shape in shapes.values()):
        raise ModelError(f"{file}: found an array with more than {MAX_DIMENSIONS} dimensions")
    numbers = sum(map(math.prod, shapes.values()))
    if numbers > MAX_NUMBERS:
        raise ModelError(
            f"{file}: {numbers:,} numbers; at most {MAX_NUMBERS:,} are allowed: hand in a smaller "
            "model"
        )


def check_finite(array: Array, name: str, where: str) -> None:
    """Raise ModelError if an entry is NaN or infinite."""
    if not np.isfinite(array).all():
        raise ModelError(
            f"{where}: {name!r} has NaN or infinite entries, so it cannot predict anything: did "
            "the training diverge?"
        )
