"""Keeps data sets in a cache: a folder for each, with four uint8 .npy files and a note.

    CACHE/cifar10/X_train.npy  y_train.npy  X_test.npy  y_test.npy
    CACHE/cifar10/origin.json     the source of the content and its digests; written last
    CACHE/cifar10/lock            held while a process fills the folder
    CACHE/cifar10/tmp-*           unfinished files; the next process with the lock removes them

Each file is written under a temporary name and renamed when it is complete. The files are opened as
memory maps. If the note is missing or has other digests, the files are hashed again before use.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from hwlib.atomic import whole_file
from hwlib.data.content import Arrays, check_content
from hwlib.data.definitions import ArraySpec, Dataset
from hwlib.errors import DataCorrupt, DataUnavailable
from hwlib.progress import progress

__all__ = [
    "Origin",
    "adopt",
    "cache_folder",
    "data_folder",
    "forget",
    "locked",
    "open_arrays",
    "open_checked",
    "read_origin",
    "remove_leftovers",
    "write_arrays",
]

_CHUNK_BYTES = 2**23
_TEMPORARY = "tmp-"
_NOTE_LIMIT_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the content of a folder came from.

    `source` is a text. `written` is an ISO date, or "" if unknown.
    """

    source: str
    written: str


def cache_folder() -> Path:
    """The cache: HWLIB_CACHE, or the system's folder for caches."""
    if chosen := os.environ.get("HWLIB_CACHE"):
        return Path(chosen).expanduser()
    if sys.platform == "emscripten":  # a browser, which keeps no files, and has no pooch
        return Path.home() / ".cache" / "hwlib"
    import pooch

    return Path(pooch.os_cache("hwlib"))


def data_folder() -> Path | None:
    """The folder in HWLIB_DATA, if it is set."""
    chosen = os.environ.get("HWLIB_DATA")
    return Path(chosen).expanduser() if chosen else None


def open_arrays(specs: Sequence[ArraySpec], folder: Path) -> Arrays:
    """Open four .npy files as read-only memory maps, checking header and size but not the content.

    Raises
    ------
    DataUnavailable
        A file is missing.
    DataCorrupt
        A file is not a whole uint8 .npy file of its shape.
    """
    X_train, y_train, X_test, y_test = (
        _open_array(spec, folder / f"{spec.name}.npy") for spec in specs
    )
    return X_train, y_train, X_test, y_test


def _open_array(spec: ArraySpec, path: Path) -> NDArray[np.uint8]:
    try:
        array = np.lib.format.open_memmap(path, mode="r")
        size = path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        raise DataUnavailable(f"{path} is missing") from None
    except (
        OSError,
        ValueError,
        EOFError,
        SyntaxError,
        TypeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise DataCorrupt(
            f"{path}: cannot open it as a .npy file ({' '.join(str(error).split())[:120]})"
        ) from error
    if array.dtype != np.uint8 or array.shape != spec.shape or not array.flags.c_contiguous:
        order = "C" if array.flags.c_contiguous else "Fortran"
        raise DataCorrupt(
            f"{path}: expected uint8 {spec.shape} in C order, "
            f"found {array.dtype} {array.shape} in {order} order"
        )
    if size != array.offset + spec.size_bytes:
        raise DataCorrupt(
            f"{path}: expected {array.offset + spec.size_bytes:,} bytes, found {size:,}"
        )
    return array


def open_checked(dataset: Dataset, folder: Path) -> Arrays:
    """Open a folder in the form of the cache, and hash its content unless the note shows that this
    was done.
    """
    arrays = open_arrays(dataset.arrays, folder)
    if read_origin(dataset, folder) is None:
        check_content(dataset.arrays, arrays)
    return arrays


def read_origin(dataset: Dataset, folder: Path) -> Origin | None:
    """Read the folder's note; None if it is missing, cannot be read, or is about other content."""
    try:
        with (folder / "origin.json").open("rb") as stream:
            note = json.loads(stream.read(_NOTE_LIMIT_BYTES))
        if note["digests"] != _digests(dataset):
            return None
        return Origin(str(note["source"]), str(note["written"]))
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None


def forget(dataset: Dataset, folder: Path) -> None:
    """Remove the note of a damaged cache, so that it is filled again.

    Raises
    ------
    DataCorrupt
        The folder is not the cache, so hwlib may not replace its files. Or it cannot be written.
    """
    if folder != cache_folder() / dataset.name:
        raise DataCorrupt(f"{folder} is damaged; replace its files, or unset HWLIB_DATA")
    try:
        (folder / "origin.json").unlink(missing_ok=True)
    except OSError as error:
        raise DataCorrupt(
            f"{folder} is damaged and cannot be repaired ({error}); set HWLIB_CACHE to another "
            "folder"
        ) from error


def _digests(dataset: Dataset) -> dict[str, list[str]]:
    return {spec.name: list(spec.digests) for spec in dataset.arrays}


def write_arrays(dataset: Dataset, folder: Path, arrays: Arrays, source: str) -> None:
    """Write checked arrays into the cache, the note last. The caller holds the folder's lock."""
    (folder / "origin.json").unlink(missing_ok=True)
    with progress(total=dataset.size_bytes, desc=f"writing {dataset.title}", unit="B") as bar:
        for spec, array in zip(dataset.arrays, arrays, strict=True):
            target = folder / f"{spec.name}.npy"
            with whole_file(target, prefix=_TEMPORARY, durable=True) as stream:
                _write_npy(array, bar.update, stream)
    _write_note(dataset, folder, source)


def adopt(dataset: Dataset, folder: Path) -> None:
    """Try to write the missing note for arrays whose hashes are right.

    The note is missing if a process was killed before it wrote the note.
    """
    with contextlib.suppress(OSError), locked(folder, on_wait=lambda: None, wait=False) as held:
        if held and read_origin(dataset, folder) is None:
            remove_leftovers(folder)
            _write_note(dataset, folder, "found whole in the cache")


def _write_note(dataset: Dataset, folder: Path, source: str) -> None:
    today = datetime.now(UTC).date().isoformat()
    note = {
        "dataset": dataset.name,
        "source": source,
        "written": today,
        "digests": _digests(dataset),
    }
    text = json.dumps(note, indent=1).encode() + b"\n"
    with whole_file(folder / "origin.json", prefix=_TEMPORARY, durable=True) as stream:
        stream.write(text)


def _write_npy(
    array: NDArray[np.uint8], wrote: Callable[[float], object], stream: IO[bytes]
) -> None:
    header = {"descr": "|u1", "fortran_order": False, "shape": array.shape}
    np.lib.format.write_array_header_1_0(stream, header)
    content = np.ascontiguousarray(array).reshape(-1).data  # flat bytes
    for start in range(0, len(content), _CHUNK_BYTES):
        wrote(stream.write(content[start : start + _CHUNK_BYTES]))


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed process left behind. The caller holds the folder's lock."""
    for path in folder.glob(f"{_TEMPORARY}*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink()


@contextlib.contextmanager
def locked(folder: Path, on_wait: Callable[[], object], wait: bool = True) -> Iterator[bool]:
    """Hold the folder's lock. The operating system frees it if this process dies.

    Yields
    ------
    bool
        False if another process holds it and `wait` is False.

    Raises
    ------
    OSError
        The folder cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("ab") as stream:
        held = _try_lock(stream)
        if not held and wait:
            on_wait()
        while not held and wait:
            time.sleep(0.2)
            held = _try_lock(stream)
        try:
            yield held
        finally:
            if held:
                _unlock(stream)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(stream: IO[bytes]) -> bool:
        stream.seek(0)
        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _unlock(stream: IO[bytes]) -> None:
        stream.seek(0)
        msvcrt.locking(stream.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(stream: IO[bytes]) -> bool:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            # a file system without locks: writes are still atomic, but work may be done twice
            return True
        return True

    def _unlock(stream: IO[bytes]) -> None:
        with contextlib.suppress(OSError):
            fcntl.flock(stream, fcntl.LOCK_UN)
