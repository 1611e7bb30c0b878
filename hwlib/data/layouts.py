"""Find a data set's files below a folder, loose or in an archive, and read them into arrays."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np

from hwlib.data.content import Arrays, check_content
from hwlib.data.definitions import ArraySpec, Dataset, FileSpec, Layout
from hwlib.data.formats import decode, size_limit
from hwlib.errors import DataCorrupt, DataError, DataUnavailable
from hwlib.progress import progress

__all__ = ["holds_files", "read_layouts"]

Shape = tuple[int, ...]
Files = Iterator[tuple[FileSpec, bytes]]


def read_layouts(dataset: Dataset, root: Path) -> Arrays:
    """Read a data set from files below a folder, in any layout that hwlib knows.

    Returns
    -------
    tuple of four uint8 arrays
        X_train, y_train, X_test, y_test, their SHA-256 checked.

    Raises
    ------
    DataUnavailable
        There are no files of the data set.
    DataCorrupt
        There are files, but all are damaged. The message says what is wrong with each.
    """
    problems = []
    for place, layout, read in _candidates(dataset, root):
        try:
            arrays = _assemble(dataset, layout, read(), place)
            check_content(dataset.arrays, arrays)
        except DataError as error:
            problems.append(f"{place}: {error}")
        except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
            problems.append(
                f"{place}: cannot read this file "
                f"({' '.join(str(error).split()) or type(error).__name__})"
            )
        else:
            return arrays
    if problems:
        raise DataCorrupt("; ".join(problems))
    if not root.is_dir():
        raise DataUnavailable(f"{root} is not a folder")
    wanted = [
        name for layout in dataset.layouts for name in (layout.files[0].name, *layout.archives)
    ]
    raise DataUnavailable(
        f"no file of {dataset.title} in {root} (looked for {', '.join(wanted)} and the like)"
    )


def holds_files(dataset: Dataset, root: Path) -> bool:
    """Whether a folder has files of a data set, in any layout that hwlib knows or as arrays."""
    arrays = any((root / dataset.name / f"{spec.name}.npy").exists() for spec in dataset.arrays)
    return arrays or next(_candidates(dataset, root), None) is not None


def _candidates(dataset: Dataset, root: Path) -> Iterator[tuple[Path, Layout, Callable[[], Files]]]:
    for layout in dataset.layouts:
        for folder in layout.folders:
            place = root / folder
            if any(_find(place, file) for file in layout.files):
                yield place, layout, partial(_loose, dataset, layout, place)
        for archive in layout.archives:
            place = root / archive
            if place.is_file():
                yield place, layout, partial(_archived, dataset, layout, place)


def _assemble(dataset: Dataset, layout: Layout, files: Files, place: Path) -> Arrays:
    """Copy the content of the files into four new arrays."""
    arrays = {spec.name: np.empty(0, np.uint8) for spec in dataset.arrays}
    missing = {file.name for file in layout.files}
    for file, data in progress(
        files, total=len(layout.files), desc=f"reading {place.name}", unit="file"
    ):
        try:
            pieces = decode(file.format, data, _shapes(dataset, file))
        except DataCorrupt as error:
            raise DataCorrupt(f"{file.name}: {error}") from error
        for rows, piece in zip(file.fills, pieces, strict=True):
            if not arrays[rows.array].size:
                arrays[rows.array] = np.empty(_spec(dataset, rows.array).shape, np.uint8)
            arrays[rows.array][rows.start : rows.stop] = piece
        missing.discard(file.name)
    if missing:
        raise DataUnavailable(f"missing: {', '.join(sorted(missing))}")
    X_train, y_train, X_test, y_test = (arrays[spec.name] for spec in dataset.arrays)
    return X_train, y_train, X_test, y_test


def _spec(dataset: Dataset, name: str) -> ArraySpec:
    return next(spec for spec in dataset.arrays if spec.name == name)


def _shapes(dataset: Dataset, file: FileSpec) -> tuple[Shape, ...]:
    return tuple(
        (rows.stop - rows.start, *_spec(dataset, rows.array).shape[1:]) for rows in file.fills
    )


def _find(folder: Path, file: FileSpec) -> Path | None:
    """Open the file, or its gzipped form."""
    for name in (file.name, f"{file.name}.gz"):
        if (folder / name).is_file():
            return folder / name
    return None


def _loose(dataset: Dataset, layout: Layout, folder: Path) -> Files:
    for file in layout.files:
        path = _find(folder, file)
        if path is None:
            continue  # _assemble reports all missing files in one message
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            yield (
                file,
                _read_bounded(stream, size_limit(file.format, _shapes(dataset, file)), file.name),
            )


def _archived(dataset: Dataset, layout: Layout, path: Path) -> Files:
    """Read the wanted members of a .tar.gz as a stream, without unpacking to disk."""
    wanted = {file.name: file for file in layout.files}
    limits = {file.name: size_limit(file.format, _shapes(dataset, file)) for file in layout.files}
    with gzip.open(path) as stream:
        bounded = _BoundedStream(stream, 2 * sum(limits.values()) + 2**24)
        with tarfile.open(fileobj=bounded, mode="r|") as archive:
            for member in archive:
                file = wanted.pop(PurePosixPath(member.name).name, None) if member.isreg() else None
                if file is not None and (content := archive.extractfile(member)) is not None:
                    yield file, _read_bounded(content, limits[file.name], file.name)
                if not wanted:
                    return


def _read_bounded(stream: IO[bytes] | gzip.GzipFile, limit: int, name: str) -> bytes:
    data = stream.read(limit + 1)
    if len(data) > limit:
        raise DataCorrupt(f"{name}: expected at most {limit:,} bytes, found more")
    return data


class _BoundedStream(io.RawIOBase):
    """A stream that raises DataCorrupt after too many bytes, to stop decompression bombs."""

    def __init__(self, stream: gzip.GzipFile, limit: int) -> None:
        self._stream, self._left = stream, limit

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(self._left + 1 if size < 0 else min(size, self._left + 1))
        self._left -= len(data)
        if self._left < 0:
            raise DataCorrupt("unpacks to far more bytes than the data set has, so it is refused")
        return data
