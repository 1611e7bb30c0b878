"""Writes files and folders in one step, so that a killed process leaves none half written."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

__all__ = ["remove_folder", "swap_folder", "whole_file", "write_whole"]


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
    # 50 characters have at most 200 bytes: a name may be as long as the disk allows
    temporary = path.with_name(f"{prefix}{secrets.token_hex(4)}-{path.name[-50:]}")
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


def remove_folder(folder: Path) -> None:
    """Remove a folder with everything in it, as far as that is allowed; no error if it is gone.

    Folders nested too deeply for Python's own way are left to `rm`, and those that their owner may
    not enter are opened first. Symbolic links are removed, not followed.
    """
    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if os.path.lexists(folder):
        for command in (("chmod", "-R", "u+rwx"), ("rm", "-rf")):
            with contextlib.suppress(OSError):
                subprocess.run([*command, "--", str(folder)], check=False, capture_output=True)


def swap_folder(fresh: Path, target: Path) -> None:
    """Replace the folder `target`, if it exists, by the folder `fresh`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    old = target.with_name(f".{target.name}.old")
    remove_folder(old)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    remove_folder(old)
