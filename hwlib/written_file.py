"""The path of a file that was written, as a notebook shows it: `Saved: cnn.safetensors (52 kB)`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["WrittenFile"]


class WrittenFile(type(Path())):  # type: ignore[misc]  # Path chooses the class of this system
    """A path, in all but what a notebook shows of it where it ends a cell."""

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        text = repr(self)
        if self.is_file():
            text = f"Saved: {self.name} ({_size(self.stat().st_size)})"
        printer.text(text)


def _size(count: int) -> str:
    """A number of bytes in words.

    >>> _size(900), _size(51_800), _size(2_500_000)
    ('900 bytes', '52 kB', '2.5 MB')
    """
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1e3:.0f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"
