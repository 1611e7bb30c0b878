"""Unpacks archives and compressed files, so that nothing in them escapes the search for leaks."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

__all__ = ["CLOSED", "with_unpacked"]

MAX_DEPTH = 4  # archives in archives
MAX_BYTES = 1_000_000_000  # of all that is unpacked
CLOSED = "a file in which nobody can look: it is protected, damaged or too large"
_DAMAGED = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    zipfile.BadZipFile,
    tarfile.TarError,
    lzma.LZMAError,
    zlib.error,
)
_SINGLE: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}


class _Budget:
    """How many bytes may still be unpacked."""

    def __init__(self) -> None:
        self.left = MAX_BYTES

    def taken(self, stream: IO[bytes]) -> bytes:
        """The rest of a stream."""
        content = stream.read(self.left + 1)
        self.left -= len(content)
        if self.left < 0:
            raise ValueError("too large")
        return content


def with_unpacked(files: Mapping[str, bytes]) -> tuple[dict[str, bytes], list[str]]:
    """The files and those in archives among them, and the names of files that can't be opened.

    Parameters
    ----------
    files : mapping of str to bytes
        File name → content.

    Returns
    -------
    found : dict of str to bytes
        The same, and `a.zip: b.txt` for a file b.txt in a.zip.
    closed : list of str
        Archives that are protected, damaged, too large or too deep.
    """
    found, closed, budget = dict(files), list[str](), _Budget()
    todo = [(name, content, 0) for name, content in files.items()]
    while todo:
        name, content, depth = todo.pop()
        try:
            for inner, unpacked in _members(content, budget):
                if depth == MAX_DEPTH:
                    raise ValueError("too deep")
                found[f"{name}: {inner}"] = unpacked
                todo.append((f"{name}: {inner}", unpacked, depth + 1))
        except _DAMAGED:
            closed.append(name)
    return found, sorted(closed)


def _members(content: bytes, budget: _Budget) -> Iterator[tuple[str, bytes]]:
    """The files in an archive, or the one in a compressed file; nothing for other files."""
    for magic, opened in _SINGLE.items():
        if content.startswith(magic):
            with opened(io.BytesIO(content)) as stream:
                yield "unpacked", budget.taken(stream)
            return
    if content.startswith(b"PK\x03\x04") or zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.infolist():
                if not entry.is_dir():
                    with archive.open(entry) as stream:
                        yield entry.filename, budget.taken(stream)
    elif content[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            for member in tar:
                file = tar.extractfile(member) if member.isfile() else None
                if file is not None:
                    yield member.name, budget.taken(file)
