"""Keep the content of a student's files from running here, while a test may open them.

A test that unpickles such a file, runs it or gives it to another program is left to a human. So is
a file that could become very large when it is unpacked, or that can name other files.
"""

from __future__ import annotations

import ast
import io
import sys
import zipfile
from collections.abc import Callable
from typing import Any

__all__ = ["Guard", "is_dangerous", "may_run_files"]

MAX_UNPACKED = 2**28  # bytes in a zip
MAX_SOURCE = 2**20  # characters of a text that is compared with what is compiled

_RUNS = frozenset(
    [
        "runpy",
        "run_path",
        "import_module",
        "importlib",
        "subprocess",
        "system",
        "popen",
        "Popen",
        "pickle",
        "cPickle",
        "dill",
        "joblib",
        "shelve",
        "marshal",
        "cloudpickle",
        "read_pickle",
        "allow_pickle",
        "reload",
        "ctypes",
        "h5py",
        "read_hdf",
    ]
)
_BUILTIN = frozenset(["exec", "eval", "compile", "__import__", "get_ipython"])
_EVENTS = frozenset(
    [
        "pickle.find_class",
        "subprocess.Popen",
        "os.system",
        "os.exec",
        "os.posix_spawn",
        "os.spawn",
        "ctypes.dlopen",
    ]
)
# gzip, bzip2, xz, HDF5: each can unpack to any size, the last can name other files
_REFUSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x89HDF")


def may_run_files(test: ast.AST) -> bool:
    """Whether a test may run what it finds in a file."""
    for node in ast.walk(test):
        match node:
            case ast.Name(id=word) if word in _RUNS or word in _BUILTIN:
                return True
            case ast.Attribute(attr=word) | ast.keyword(arg=word) if word in _RUNS:
                return True
            case ast.Attribute(value=ast.Name(id="torch"), attr="load"):
                return True
            case ast.Attribute(value=ast.Name(id="sys"), attr="path" | "modules" | "executable"):
                return True
            case ast.alias(name=name) if not _RUNS.isdisjoint(name.split(".")):
                return True
            case ast.ImportFrom(module=str(name)) if not _RUNS.isdisjoint(name.split(".")):
                return True
            case _:
                pass
    return False


def is_dangerous(content: bytes) -> bool:
    """Whether a library that reads this could use very much memory, or another file."""
    if content.startswith(_REFUSED):
        return True
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return sum(one.file_size for one in packed.infolist()) > MAX_UNPACKED
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return True


class Guard:
    """While a run of a test has files of a student's: `texts` are their contents."""

    __slots__ = ("_path", "cannot_check", "texts")
    present: Guard | None = None
    _is_hooked = False

    def __init__(self, cannot_check: Callable[[str], Any]) -> None:
        self.cannot_check = cannot_check
        self.texts: set[str] = set()
        self._path: list[str] = []

    def begin(self) -> None:
        """From now on; nothing is imported from the folder of the test."""
        if not Guard._is_hooked:
            sys.addaudithook(_hook)
            Guard._is_hooked = True
        Guard.present = self
        self.texts.clear()
        self._path, sys.path[:] = sys.path[:], [one for one in sys.path if one.startswith("/")]

    def end(self) -> None:
        """Until now."""
        Guard.present = None
        sys.path[:] = self._path

    def note(self, content: bytes) -> None:
        """A file of a student's has arrived."""
        if text := content[:MAX_SOURCE].decode(errors="replace").strip():
            self.texts.add(text)


def _hook(event: str, args: tuple[Any, ...]) -> None:
    guard = Guard.present
    if guard is None or not guard.texts:  # nothing has arrived
        return
    if event in _EVENTS or (event == "compile" and _text(args[0]) in guard.texts):
        raise guard.cannot_check("the test runs or unpickles a file, maybe one of the student's")


def _text(source: Any) -> str | None:
    if isinstance(source, (bytes, bytearray)):
        source = bytes(source).decode(errors="replace")
    return source[:MAX_SOURCE].strip() if isinstance(source, str) else None
