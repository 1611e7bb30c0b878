"""Give a test that opens files a folder of its own, and student code what the test writes there.

The way back does not exist: the grader opens no file of a student's. What a library reads from one
could run code, unpack to any size or name other files.
"""

from __future__ import annotations

import ast
import os
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Any

from hwlib.atomic import remove_folder

__all__ = ["TestFiles", "opens_files"]

_WORDS = frozenset(("open", "Path", "tempfile", "TemporaryDirectory", "NamedTemporaryFile"))
_WORDS |= {"mkdtemp", "mkstemp", "write_text", "write_bytes", "save", "savez", "savetxt", "tofile"}
_WORDS |= {"to_csv", "to_json", "dump"}
TEMPORARY = "tmp"
MAX_FILES = 1000
MAX_BYTES = 2**26  # of all files that changed


def opens_files(test: ast.AST) -> bool:
    """Whether a test may write files."""
    words = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    words |= {node.attr for node in ast.walk(test) if isinstance(node, ast.Attribute)}
    return not words.isdisjoint(_WORDS)


class TestFiles:
    """The folder of one run of a test. The files of the assignment are there as links.

    Parameters
    ----------
    cannot_check : callable
        Notes why the test can't be decided.
    """

    __test__ = False  # not a test class, whatever pytest thinks of its name

    def __init__(self, cannot_check: Callable[[str], Any]) -> None:
        self._cannot_check = cannot_check
        self._folder: Path | None = None
        self._known: dict[str, tuple[int, ...]] = {}  # name → what is different after a change
        self._temporary: str | None = None

    def begin(self, files: Path) -> None:
        """Work in a new folder from now on.

        Parameters
        ----------
        files : Path
            The folder with the assignment's files.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="hw-test-")).resolve()
        for file in files.iterdir() if files.is_dir() else ():
            (self._folder / file.name).symlink_to(file.resolve())
        (self._folder / TEMPORARY).mkdir(exist_ok=True)
        self._temporary, tempfile.tempdir = tempfile.tempdir, str(self._folder / TEMPORARY)
        self._known = {}
        os.chdir(self._folder)

    def share(self, files: TestFiles) -> None:
        """Tell another worker of the same folder."""
        self._folder, self._known = files._folder, {}

    def leave(self) -> None:
        """The run has ended for this worker; the folder is another one's."""
        self._folder = None

    @property
    def in_use(self) -> bool:
        """Whether the test works in a folder of its own."""
        return self._folder is not None

    def end(self) -> None:
        """The run has ended: the folder is not needed any more."""
        if self._folder is not None:
            os.chdir("/")
            tempfile.tempdir = self._temporary
            remove_folder(self._folder)
            self._folder = None

    def news(self) -> dict[str, Any]:
        """What the test has changed: a field of a request, with [name, bytes] of each file, [name,
        True] of a folder, and [name, None] of what is not there any more.
        """
        if self._folder is None:
            return {}
        now = self._look(self._folder)
        changed = [name for name, key in now.items() if self._known.get(name) != key]
        gone = [[name, None] for name in self._known if name not in now]
        if len(changed) > MAX_FILES or sum(now[name][0] for name in changed) > MAX_BYTES:
            self._cannot_check("the test writes too many or too large files")
            return {}
        self._known = now
        contents = [
            [name, True if len(now[name]) == 1 else (self._folder / name).read_bytes()]
            for name in changed
        ]
        told = [*gone, *contents]
        return {"files": told} if told else {}

    @staticmethod
    def _look(folder: Path) -> dict[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {}
        for root, folders, files in os.walk(folder):
            place = Path(root).relative_to(folder)
            for name in (*folders, *files):
                with suppress(OSError):
                    status = Path(root, name).lstat()
                    if stat.S_ISDIR(status.st_mode):
                        found[str(place / name)] = (0,)
                    elif stat.S_ISREG(status.st_mode):
                        key = status.st_size, status.st_ino, status.st_mtime_ns
                        found[str(place / name)] = key
        return found

    def as_sent(self, value: Any) -> Any:
        """A path in the test's folder as the path of the same file in the worker's."""
        if self._folder is None or not isinstance(value, (str, PurePath)):
            return value
        text, start = str(value), f"{self._folder}{os.sep}"
        if not text.startswith(start):
            return value
        relative = text.removeprefix(start)
        return relative if isinstance(value, str) else PurePath(relative)
