"""Writes files and folders in one step, so that a killed process leaves none half written."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

__all__ = ["swap_folder", "whole_file", "write_whole"]


@contextmanager
def whole_file(path: Path, *, prefix: str = ".", durable: bool = False) -> Iterator[IO[bytes]]:
    """Open a stream for new content of a file, which changes if the block ends without an error.

    Parameters
    ----------
    path : Path
        The file. Its folder must exist. Until the block ends, a reader sees the old file.
    prefix : str
        Prefix of the temporary file in the same folder.
    durable : bool
        Whether to wait until the content is on the disk, so that a power cut does no harm.
    """
    temporary = path.with_name(f"{prefix}{secrets.token_hex(4)}-{path.name}"[-200:])
    try:
        with temporary.open("xb") as stream:
            yield stream
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:  # Ctrl-C too
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file in one step. A text becomes UTF-8, and a missing folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


def swap_folder(fresh: Path, target: Path) -> None:
    """Replace the folder `target`, if it exists, by the folder `fresh`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)
