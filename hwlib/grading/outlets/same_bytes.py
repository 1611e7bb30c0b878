"""Makes zip files whose bytes depend on their content only."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import IO

__all__ = ["write_zip", "zip_bytes"]

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can hold
FILE, PROGRAM = 0o100644 << 16, 0o100755 << 16
PACKED = (".whl", ".safetensors", ".png", ".jpg")  # packing again would only take time


def zip_bytes(files: Mapping[str, bytes], programs: Collection[str] = ()) -> bytes:
    """A zip file with these files, in the order of their names.

    Parameters
    ----------
    files : mapping of str to bytes
        Name in the zip → content.
    programs : collection of str
        The names of those that can be started.
    """
    stream = io.BytesIO()
    write_zip(stream, files, programs)
    return stream.getvalue()


def write_zip(
    stream: IO[bytes], files: Mapping[str, bytes | Path], programs: Collection[str] = ()
) -> None:
    """Write a zip file, as `zip_bytes` makes it, piece by piece.

    Parameters
    ----------
    stream : binary file
    files : mapping of str to bytes or Path
        Name in the zip → content, or the file with the content.
    programs : collection of str
        The names of those that can be started.
    """
    with zipfile.ZipFile(stream, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3  # Unix, on every machine
            entry.external_attr = PROGRAM if name in programs else FILE
            entry.compress_type = (
                zipfile.ZIP_STORED if name.endswith(PACKED) else zipfile.ZIP_DEFLATED
            )
            content = files[name]
            if isinstance(content, bytes):
                archive.writestr(entry, content)
                continue
            entry.file_size = content.stat().st_size
            with content.open("rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target, 2**20)
