"""A class of odd hand-ins for the tiny course: each right at heart, or no notebook at all."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from courses import solved, with_answer_below
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from hwlib.grading.course import Assignment
from hwlib.grading.texts import printable

__all__ = ["FULL", "ODD", "OddHandIn", "remove_deep"]

FULL = 8.0  # of 10: a human grades the written answer
SLUG = "tiny"
HELPER = "def double(x):\n    return x + x\n"


@dataclass(frozen=True)
class Place:
    """Where one student's hand-in is made."""

    folder: Path  # submitted/STUDENT/tiny, which exists
    solved: NotebookNode
    others: NotebookNode  # another assignment's notebook

    def write(self, content: str | bytes | dict[str, Any] | None = None, name: str = "") -> None:
        """A file of this content; default: the solved notebook under its right name."""
        path = self.folder / (name or f"{SLUG}.ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            content = self.solved
        if isinstance(content, dict):
            content = json.dumps(content)  # lone surrogates are written as escapes
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def with_cell(self, cell: Any, place: int = 1) -> None:
        """The solved notebook with one more cell."""
        cells = [*self.solved["cells"]]
        cells.insert(place, cell)
        self.write({**self.solved, "cells": cells})


@dataclass(frozen=True)
class OddHandIn:
    """One student's hand-in, and what is right."""

    student: str | bytes  # the folder's name
    make: Callable[[Place], object] = Place.write
    graded: bool | None = True  # True: full marks · False: refused · None: it is enough to say why
    said: str = ""  # part of what must be reported
    id: str = ""  # how the JSON's name of it begins, where that is not the folder's

    @property
    def name(self) -> str:
        """As people read it."""
        return printable(os.fsdecode(self.student))[:40]

    def result(self, results: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """Its own among the results of a class."""
        if not self.id:
            return results[printable(os.fsdecode(self.student))]
        known = {printable(os.fsdecode(one.student)) for one in ODD}
        (found,) = (name for name in results if name.startswith(self.id) and name not in known)
        return results[found]

    def hand_in(self, assignment: Assignment, others: NotebookNode) -> None:
        """Make submitted/STUDENT/tiny/ and what is in it."""
        root = assignment.course.root / "submitted"
        folder = root / os.fsdecode(self.student) / SLUG
        folder.mkdir(parents=True)
        self.make(Place(folder, solved(assignment), others))


# ---- making --------------------------------------------------------------------------------------


def _deep(place: Place) -> None:
    """1,200 folders, one in the other: longer than any path may be."""
    place.write()
    with contextlib.chdir(place.folder):
        for _ in range(1200):
            Path("d" * 20).mkdir()
            os.chdir("d" * 20)


def remove_deep(folder: Path) -> None:
    """Take such a folder away: Python's own functions call themselves too often for it."""
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def _sparse(place: Place, name: str) -> None:
    with (place.folder / name).open("wb") as file:
        file.truncate(30 * 2**30)


def _without_type(place: Place) -> None:
    cells = [dict(cell) for cell in place.solved["cells"]]
    for cell in cells:
        del cell["cell_type"]
    place.write({**place.solved, "cells": cells})


def _widgets(place: Place) -> None:
    state = {"state": {"model": {"state": {"value": "x" * 100_000_000}}}, "version_major": 2}
    widgets = {"application/vnd.jupyter.widget-state+json": state}
    place.write({**place.solved, "metadata": {**place.solved["metadata"], "widgets": widgets}})


def _zip(place: Place, *more: str) -> None:
    with zipfile.ZipFile(place.folder / "tiny.zip", "w") as archive:
        archive.writestr("tiny/tiny.ipynb", nbformat.writes(place.solved), zipfile.ZIP_DEFLATED)
        archive.writestr("__MACOSX/tiny/._tiny.ipynb", b"\0\5\26\7")
        for name in more:
            archive.writestr(name, HELPER)


def _damaged_zip(place: Place) -> None:
    _zip(place)
    path = place.folder / "tiny.zip"
    content = bytearray(path.read_bytes())
    content[100:200] = bytes(byte ^ 0x5A for byte in content[100:200])
    path.write_bytes(content)


def _zip_with_helper(place: Place) -> None:
    for cell in place.solved["cells"]:
        if cell["source"].startswith("def double"):
            cell["source"] = "from helper import double"
    _zip(place, "tiny/helper.py")


def _mac_files(place: Place) -> None:
    place.write(name="tiny (1).ipynb")
    place.write(b"\0\5\26\7" * 100, name="._tiny (1).ipynb")
    place.write(b"", name=".DS_Store")
    place.write(b"{}", name=".ipynb_checkpoints/tiny-checkpoint.ipynb")


def _surrogates_everywhere(place: Place) -> None:
    text = json.dumps(place.solved).replace("Because they undo", "Because \\ud83d they undo")
    notebook = json.loads(text.replace("return x + x", "return x + x  # \\udc00"))
    notebook["metadata"]["title"] = "\ud83d"
    notebook["cells"][0]["attachments"] = {"\ud83d.png": {"image/png": "\ud83d"}}
    output = {"output_type": "stream", "name": "stdout", "text": ["\ud83d", "\udc00"]}
    odd = {"cell_type": "code", "id": "\ud83d", "metadata": {"nbgrader": {"grade_id": "\ud83d"}}}
    notebook["cells"].append({**odd, "source": ["x = '\ud83d'"], "outputs": [output]})
    place.write(notebook)


def _garbled(place: Place) -> None:
    notebook: dict[str, Any] = {**place.solved, "metadata": 5, "nbformat_minor": "x"}
    cells = [{**cell, "execution_count": "3", "outputs": {"a": 1}} for cell in notebook["cells"]]
    odd: list[Any] = [None, 5, "cell", [], {}, {"cell_type": 3, "source": 3}, {"source": None}]
    notebook["cells"] = [*odd, *cells, *odd]
    place.write(notebook)


def _socket(place: Place) -> None:
    with contextlib.chdir(place.folder), socket.socket(socket.AF_UNIX) as made:
        made.bind(f"{SLUG}.ipynb")  # a socket's path is short


def _linked_to_itself(place: Place) -> None:
    place.write()
    (place.folder / "again").symlink_to(place.folder)
    (place.folder / "loop").symlink_to("loop")


def _moved_aside(place: Place) -> None:
    place.write()
    real = place.folder.with_name("real")
    place.folder.rename(real)
    place.folder.symlink_to(real)


def _many_files(place: Place) -> None:
    place.write()
    (place.folder / "data").mkdir()
    for number in range(400):
        (place.folder / "data" / f"{number}.txt").write_bytes(b"x")


def _bytes_names(place: Place) -> None:
    place.write()
    for name in (b"M\xfcller.csv", b"\xff\xfe", b"a\nb", b"-rf", b"x" * 255):
        (place.folder / os.fsdecode(name)).write_bytes(b"1")


def _many_cells(place: Place) -> None:
    more = [new_code_cell(f"x{number} = {number}") for number in range(3000)]
    place.write({**place.solved, "cells": [*place.solved["cells"], *more]})


def _deep_outputs(place: Place) -> None:
    data: Any = "x"
    for _ in range(20):
        data = {"a": [data]}
    plot = {"output_type": "display_data", "data": {"application/json": data}, "metadata": {}}
    place.with_cell({"cell_type": "code", "source": "1", "metadata": {}, "outputs": [plot]})


def _text(content: str | bytes) -> Callable[[Place], None]:
    return lambda place: place.write(content)


def _named(name: str) -> Callable[[Place], None]:
    return lambda place: place.write(name=name)


def _timestamp(content: bytes) -> Callable[[Place], None]:
    def make(place: Place) -> None:
        place.write()
        place.write(content, name="timestamp.txt")

    return make


# ---- the class -----------------------------------------------------------------------------------

ODD: tuple[OddHandIn, ...] = (
    OddHandIn("plain"),
    # folders and names
    OddHandIn(b"M\xfcller"),
    OddHandIn(r"Meier\xfc"),
    OddHandIn(b"Meier\xfc", id=r"Meier\xfc-"),
    OddHandIn("a\nb"),
    OddHandIn("a\x1b[2Jb"),
    OddHandIn("-rf"),
    OddHandIn("*"),
    OddHandIn("[1]?"),
    OddHandIn("a'b\"c`d"),
    OddHandIn("%20?a=b#c"),
    OddHandIn("$(reboot); {x}"),
    OddHandIn(" spaces "),
    OddHandIn("Zoë 😀 数"),
    OddHandIn("ada@example.org"),
    OddHandIn("feedback"),
    OddHandIn("x" * 255),
    OddHandIn(b"\xff" * 80, id=r"\xff\xff\xff"),
    # what lies beside the notebook
    OddHandIn("deep", _deep),
    OddHandIn(
        "sparse-beside",
        lambda p: (p.write(), _sparse(p, "data.bin")),
        said="data.bin",
    ),
    OddHandIn("sparse-model", lambda p: (p.write(), _sparse(p, "net.safetensors"))),
    OddHandIn("links", _linked_to_itself),
    OddHandIn("many-files", _many_files),
    OddHandIn("bytes-names", _bytes_names),
    OddHandIn("fifo-beside", lambda p: (p.write(), os.mkfifo(p.folder / "data.csv"))),
    OddHandIn("timestamp-binary", _timestamp(b"\xff\0\xfe"), said="timestamp.txt: not UTF-8"),
    OddHandIn("timestamp-in-words", _timestamp("yesterday ☺".encode()), said="timestamp"),
    OddHandIn("timestamp-far", _timestamp(b"99999-99-99 00:00:00 UTC"), said="timestamp"),
    OddHandIn(
        "timestamp-folder",
        lambda p: (p.write(), (p.folder / "timestamp.txt").mkdir()),
        said="timestamp.txt: not a regular file",
    ),
    OddHandIn("timestamp-long", _timestamp(b"2027-02-01 12:00:00 UTC" * 99), said="200 bytes"),
    # notebooks of another name, or elsewhere
    OddHandIn("mac-files", _mac_files, said="tiny (1).ipynb"),
    OddHandIn("as-text", _named("tiny.ipynb.txt"), None, said="tiny.ipynb.txt"),
    OddHandIn("zipped", _zip, None, said="tiny.zip"),
    OddHandIn("zipped-with-helper", _zip_with_helper, None, said="helper.py"),
    OddHandIn("one-deeper", _named("tiny/tiny.ipynb"), None, said="tiny/tiny.ipynb"),
    OddHandIn("two-deeper", _named("hw/tiny/tiny.ipynb"), None, said="hw"),
    OddHandIn(
        "two", lambda p: (p.write(name="a.ipynb"), p.write(name="b.ipynb")), None, said="a.ipynb"
    ),
    OddHandIn("upper-case", _named("TINY.IPYNB"), said="TINY.IPYNB"),
    OddHandIn("damaged-zip", _damaged_zip, False, said="cannot open tiny.zip"),
    OddHandIn("another-assignment", lambda p: p.write(p.others), None, said="another assignment"),
    OddHandIn("nothing", lambda p: None, False, said="no tiny.ipynb"),
    OddHandIn("linked", _moved_aside, False, said="link"),
    OddHandIn("fifo", lambda p: os.mkfifo(p.folder / "tiny.ipynb"), False, said="tiny.ipynb"),
    OddHandIn("socket", _socket, False, said="tiny.ipynb"),
    OddHandIn("folder", lambda p: (p.folder / "tiny.ipynb").mkdir(), False, said="tiny.ipynb"),
    # odd notebooks
    OddHandIn(
        "surrogate",
        lambda p: p.with_cell({"cell_type": "code", "metadata": {}, "source": 'print("\ud83d")'}),
    ),
    OddHandIn(
        "surrogate-printed",
        lambda p: p.with_cell({"cell_type": "code", "metadata": {}, "source": 'print("\\ud83d")'}),
    ),
    OddHandIn(
        "answer-below",
        lambda p: p.write(with_answer_below(p.solved)),
        said="stands above or below the cell",
    ),
    OddHandIn("surrogates-everywhere", _surrogates_everywhere),
    OddHandIn("null-cell", lambda p: p.with_cell(None), said="cell 2"),
    OddHandIn("no-cell-type", _without_type, said="type"),
    OddHandIn("garbled", _garbled, said="left out"),
    OddHandIn("widgets", _widgets, None, said="MB"),
    OddHandIn("many-cells", _many_cells),
    OddHandIn("deep-outputs", _deep_outputs),
    OddHandIn("bom", lambda p: p.write(b"\xef\xbb\xbf" + nbformat.writes(p.solved).encode())),
    OddHandIn(
        "utf-16", lambda p: p.write(nbformat.writes(p.solved).encode("utf-16")), said="UTF-16"
    ),
    OddHandIn("truncated", lambda p: p.write(nbformat.writes(p.solved)[:-50]), False, "truncated"),
    OddHandIn("empty", _text(""), False, said="empty"),
    OddHandIn("a-list", _text("[]"), False, said="not a notebook"),
    OddHandIn("no-cells", _text("{}"), False, said="no cells"),
    OddHandIn("html", _text("<!DOCTYPE html><title>Log in</title>"), False, said="not JSON"),
    OddHandIn("merge-conflict", _text('{\n<<<<<<< HEAD\n "cells": []\n=======\n}'), False, "JSON"),
    OddHandIn("git-lfs", _text("version https://git-lfs.github.com/spec/v1\n"), False, "JSON"),
    OddHandIn("binary", _text(b"\x1f\x8b\x08\0\xff"), False, said="UTF-8"),
    OddHandIn("nested", _text("[" * 100_000), False, said="nested"),
    OddHandIn("sparse", lambda p: _sparse(p, "tiny.ipynb"), False, said="MB"),
)
