"""Tell which files in a folder have changed, and make such changes in another folder.

A worker and a test have a folder each. The content of files crosses as bytes, so neither follows a
link of the other's.
"""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from hwlib.errors import WireError

__all__ = ["Folder", "TooLarge"]

MAX_FILES = 1000
MAX_BYTES = 2**26  # of all files that changed
MAX_PARTS = 1000  # of one file
MAX_DEPTH = 16
MAX_NAME = 200


class TooLarge(Exception):
    """More or larger files have changed than can be told."""


class Folder:
    """A folder, and how its files were when they were last told of.

    Parameters
    ----------
    path : Path
        What it contains now is known already. Links in it are left alone.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
    ...     here, there = Folder(Path(one)), Folder(Path(two))
    ...     _ = Path(one, "a.txt").write_text("hello")
    ...     there.take(here.news())
    ...     print(Path(two, "a.txt").read_text(), there.news())
    hello []
    """

    __slots__ = ("_first", "_known", "path")

    def __init__(self, path: Path) -> None:
        self.path = path
        self._first = self._known = self._look()

    def restart(self) -> None:
        """Tell of everything again that has changed since the beginning."""
        self._known = self._first

    def _look(self) -> dict[str, tuple[int, ...]]:
        """Name → what is different after a change; () for a folder."""
        found: dict[str, tuple[int, ...]] = {}
        for root, folders, files in os.walk(self.path):
            place = Path(root).relative_to(self.path)
            if len(place.parts) >= MAX_DEPTH or len(found) > 10 * MAX_FILES:
                raise TooLarge
            for name in folders:
                if not Path(root, name).is_symlink():
                    found[str(place / name)] = ()
            for name in files:
                with suppress(OSError):
                    status = Path(root, name).lstat()
                    if stat.S_ISREG(status.st_mode):
                        key = status.st_ino, status.st_size, status.st_mtime_ns
                        found[str(place / name)] = key
        return found

    def news(self) -> list[list[Any]]:
        """[name, bytes] of each file that has changed, [name, True] of a new folder, and
        [name, None] of what is not there any more.

        Raises
        ------
        TooLarge
            If that would be too much.
        """
        now = self._look()
        changed = [name for name, key in now.items() if self._known.get(name) != key]
        gone = [[name, None] for name in self._known if name not in now]
        sizes = [now[name][1] for name in changed if now[name]]
        if len(changed) + len(gone) > MAX_FILES or sum(sizes) > MAX_BYTES:
            raise TooLarge
        self._known = now
        return [*gone, *([name, self._content(name, now[name])] for name in changed)]

    def _content(self, name: str, key: tuple[int, ...]) -> bytes | bool:
        if not key:
            return True
        descriptor = os.open(self.path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            parts = iter(lambda: os.read(descriptor, MAX_BYTES), b"")
            return b"".join(islice(parts, MAX_PARTS))[:MAX_BYTES]
        finally:
            os.close(descriptor)

    def take(self, told: Any) -> None:
        """Make the changes that `news` of the other folder told.

        Raises
        ------
        WireError
            If it is not what `news` returns, or leads out of the folder.
        """
        if type(told) is not list or len(told) > MAX_FILES:
            raise WireError("changed files that are no list")
        for entry in told:
            if type(entry) is not list or len(entry) != 2 or not _is_inside(entry[0]):
                raise WireError("a file outside the folder")
            if type(entry[1]) not in (bytes, bool, type(None)):
                raise WireError("a file without its content")
        for name, content in told:
            if not self._is_linked(name):
                with suppress(OSError):
                    self._make(self.path / name, content)
        self._known = self._look()

    def _is_linked(self, name: str) -> bool:
        """Whether a link stands on the way: a file of the assignment, which nobody replaces."""
        parts = PurePosixPath(name).parts
        ways = (self.path.joinpath(*parts[:count]) for count in range(1, len(parts) + 1))
        return any(way.is_symlink() for way in ways)

    def _make(self, path: Path, content: bytes | bool | None) -> None:
        if content is None:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
        elif isinstance(content, bool):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _is_inside(name: Any) -> bool:
    if type(name) is not str or not name or "\0" in name or "\\" in name:
        return False
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or len(path.parts) > MAX_DEPTH + 1:
        return False
    return all(part != ".." and len(part) <= MAX_NAME for part in path.parts)
