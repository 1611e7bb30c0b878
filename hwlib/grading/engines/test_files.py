"""Give a test that opens files a folder of its own, in which it finds the files that student code
writes in the worker's folder, and the other way round.

The files of the assignment are there as links, and student code can't replace them.
"""

from __future__ import annotations

import ast
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Any

from hwlib.atomic import remove_folder
from hwlib.grading.engines.untrusted import Guard, is_dangerous, may_run_files
from hwlib.grading.sandbox.written_files import Folder, TooLarge

__all__ = ["TestFiles", "opens_files"]

_WORDS = frozenset(
    [
        "open",
        "Path",
        "tempfile",
        "exists",
        "isfile",
        "isdir",
        "listdir",
        "scandir",
        "iterdir",
        "glob",
        "getsize",
        "stat",
        "remove",
        "unlink",
        "load",
        "loadtxt",
        "genfromtxt",
        "fromfile",
        "read_csv",
        "read_json",
        "read_excel",
        "read_parquet",
        "read_text",
        "read_bytes",
        "write_text",
        "write_bytes",
        "savetxt",
        "imread",
        "TemporaryDirectory",
        "NamedTemporaryFile",
        "mkdtemp",
        "mkstemp",
        "rmtree",
    ]
)
TEMPORARY = "tmp"


def opens_files(test: ast.AST) -> bool:
    """Whether a test may open files or look at folders, and does not run what it finds there."""
    words = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    words |= {node.attr for node in ast.walk(test) if isinstance(node, ast.Attribute)}
    return not words.isdisjoint(_WORDS) and not may_run_files(test)


class TestFiles:
    """The folder of one run of a test.

    Parameters
    ----------
    cannot_check : callable
        Notes why the test can't be decided.
    """

    __test__ = False  # not a test class, whatever pytest thinks of its name

    def __init__(self, cannot_check: Callable[[str], Any]) -> None:
        self._cannot_check = cannot_check
        self._guard = Guard(cannot_check)
        self._folder: Folder | None = None
        self._is_new = False
        self._temporary: str | None = None

    def begin(self, files: Path) -> None:
        """Work in a new folder from now on.

        Parameters
        ----------
        files : Path
            The folder with the assignment's files.
        """
        path = Path(tempfile.mkdtemp(prefix="hw-test-")).resolve()
        if files.is_dir():
            for file in files.iterdir():
                (path / file.name).symlink_to(file.resolve())
        self._folder = Folder(path)
        self._temporary, tempfile.tempdir = tempfile.tempdir, str(path / TEMPORARY)
        self._is_new = True
        self._guard.begin()
        os.chdir(path)
        with suppress(OSError):
            (path / TEMPORARY).mkdir()

    def end(self) -> None:
        """The run has ended: the folder is not needed any more."""
        if self._folder is not None:
            self._guard.end()
            os.chdir("/")
            tempfile.tempdir = self._temporary
            remove_folder(self._folder.path)
            self._folder = None

    def news(self) -> dict[str, Any]:
        """The files that the test has changed: a field of a request."""
        if self._folder is None:
            return {}
        again, self._is_new = {"all_files": True} if self._is_new else {}, False
        try:
            return {"files": self._folder.news(), **again}
        except TooLarge:
            self._cannot_check("the test writes too many or too large files")
            return {"files": [], **again}

    def take(self, reply: dict[str, Any]) -> None:
        """Make the changes of student code to the files; WireError if they can't be."""
        if self._folder is None or "files" not in reply:
            return
        if reply["files"] is None:
            self._cannot_check("the student's code writes too many or too large files")
            return
        self._folder.take(reply["files"])
        for _, content in reply["files"]:
            if isinstance(content, bytes):
                self._guard.note(content)
                if is_dangerous(content):
                    self._cannot_check("the student's code writes a file of a kind that unpacks")

    def as_sent(self, value: Any) -> Any:
        """A path in the test's folder as the path of the same file in the worker's."""
        if self._folder is None or not isinstance(value, (str, PurePath)):
            return value
        text, start = str(value), f"{self._folder.path}{os.sep}"
        if not text.startswith(start):
            return value
        relative = text.removeprefix(start)
        return relative if isinstance(value, str) else PurePath(relative)
