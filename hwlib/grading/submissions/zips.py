"""Reads the zips that students hand in, within limits and never outside a folder."""

from __future__ import annotations

import lzma
import os
import shutil
import stat
import struct
import zipfile
import zlib
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO

from hwlib.grading.cells import one_line
from hwlib.grading.submissions.beside import (
    MAX_FILE_BYTES,
    MAX_FILES,
    MAX_FOLDERS,
    MAX_LISTED,
    MAX_TOTAL_BYTES,
    files_ending,
    folders_in,
)
from hwlib.grading.texts import printable

__all__ = [
    "DAMAGED_ZIP",
    "MAX_NAME",
    "check_members",
    "is_shown",
    "safe_parts",
    "unpack",
    "zips_in",
]

MAX_ZIPS = 5  # of one hand-in that are opened
MAX_ZIP_BYTES = 1_000_000_000
MAX_MEMBERS = 100_000  # entries of a zip
MAX_NAME = 255  # bytes of a folder's name, on every common file system
# what the zipfile module raises for a damaged zip, by way of all that it unpacks with
DAMAGED_ZIP = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    MemoryError,  # a header of lzma may ask for any size
)
_ENTRY = b"PK\x01\x02"  # the begin of an entry in the list at the end of a zip


def check_members(archive: IO[bytes]) -> None:
    """Refuse a student's zip with so many entries that only to list them takes seconds and
    gigabytes, or of so many bytes that only to read it takes long. Reads the file to its end.

    Raises
    ------
    BadZipFile
    """
    count, size, end = 0, 0, b""
    while piece := archive.read(1 << 20):
        size += len(piece)
        if size > MAX_ZIP_BYTES:
            raise zipfile.BadZipFile(f"it is larger than {MAX_ZIP_BYTES / 1e9:g} GB")
        piece = end + piece
        count, end = count + piece.count(_ENTRY), piece[-len(_ENTRY) + 1 :]
        if count > MAX_MEMBERS:
            raise zipfile.BadZipFile(f"it has more than {MAX_MEMBERS:,} entries")


def zips_in(folder: Path) -> list[Path]:
    """The zips in a folder and, after them, those one folder deeper; at most `MAX_ZIPS`."""
    places = (folder, *folders_in(folder))
    return list(islice((path for one in places for path in files_ending(one, ".zip")), MAX_ZIPS))


def is_shown(member: zipfile.ZipInfo) -> bool:
    """Whether this is a file that a student may have packed, and no system has."""
    parts = member.filename.replace("\\", "/").split("/")
    hidden = (part.startswith((".", "__")) for part in parts if part not in (".", ".."))
    return not member.is_dir() and not any(hidden)


def safe_parts(name: str) -> tuple[str, ...]:
    """The folders and the name of a zip's member, in a form that is possible on a disk; empty if
    it leads out of its folder.
    """
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or parts[0].startswith("/") or ".." in parts or "\0" in name:
        return ()
    if any(len(os.fsencode(printable(part))) > MAX_NAME for part in parts):
        return ()
    return tuple(map(printable, parts))


def unpack(path: Path, target: Path) -> list[str]:
    """Unpack the regular files of a student's zip, within the limits for files beside a notebook.

    Returns a line for each file that was left out.
    """
    problems, count, total = list[str](), 0, 0
    target.mkdir(parents=True)
    try:
        with path.open("rb") as file:
            check_members(file)
        with zipfile.ZipFile(path) as archive:
            for member in filter(is_shown, archive.infolist()):
                parts = safe_parts(member.filename)
                kind = stat.S_IFMT(member.external_attr >> 16)
                size = member.file_size
                if len(problems) > MAX_LISTED:
                    break
                if not 0 < len(parts) <= MAX_FOLDERS or kind not in (0, stat.S_IFREG):
                    why = "it leads out of its folder, is nested too deeply or is no regular file"
                elif count >= MAX_FILES or size > MAX_FILE_BYTES or total + size > MAX_TOTAL_BYTES:
                    why = "too many files, or too large"
                else:
                    count, total = count + 1, total + size
                    why = _unpack_one(archive, member, target.joinpath(*parts))
                if why:
                    shown = printable(member.filename)[:100]
                    problems.append(f"{shown} in {printable(path.name)} was left out: {why}")
    except DAMAGED_ZIP as error:
        told = one_line(str(error), 100)
        problems.append(f"files in {printable(path.name)} were left out ({told})")
    return problems


def _unpack_one(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> str:
    """Unpack one file; returns why that is not possible, or ""."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as file, target.open("xb") as copy:
            shutil.copyfileobj(file, copy)  # no more than the size that the zip tells
    except DAMAGED_ZIP as error:
        return one_line(str(error), 100).replace(str(target), target.name)
    return ""
