"""Reads a student's notebook so that no content can harm the grader."""

from __future__ import annotations

import codecs
import hashlib
import json
import os
import re
import stat
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from hwlib.errors import SubmissionError
from hwlib.grading.cells import joined_source, one_line, readable, tree_of
from hwlib.grading.kernels import kernel_of
from hwlib.grading.submissions.kinds import what_it_is

__all__ = [
    "CLEAR",
    "MAX_BYTES",
    "decoded",
    "read_bytes",
    "read_notebook",
    "read_submission",
    "read_text",
    "require_readable",
    "takes_much",
    "whole_cell",
    "without_surrogates",
]

MAX_BYTES = 50_000_000  # a notebook with many figures has a few megabytes
MAX_DEPTH = 100  # the deepest output of honest code (a plot as JSON) has about 30 levels
MAX_CELLS = 10_000
MAX_AT_ONCE = 1_000_000  # values of a notebook that is read where memory has no limit
MAX_LISTED = 20  # cells that are named in a problem
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
CELL_TYPES = ("code", "markdown", "raw", "heading")  # format 3 had "heading"
SAVE_AGAIN = (
    "open it in Jupyter, save it and hand it in again; if Jupyter can't open it, hand in an "
    "earlier copy (Jupyter keeps one in .ipynb_checkpoints)"
)
LOOK_THERE = (
    "if something of yours is missing, put it back in Jupyter and hand the notebook in again"
)
CLEAR = "clear the outputs and hand it in again"
_OUTPUT_FIELDS: dict[str, dict[str, type]] = {
    "stream": {"name": str, "text": str},
    "error": {"ename": str, "evalue": str, "traceback": list},
    "display_data": {"data": dict, "metadata": dict},
    "execute_result": {"data": dict, "metadata": dict},
}


def read_text(path: Path, *, limit: int = MAX_BYTES) -> str:
    """Read a regular file of at most `limit` bytes of UTF-8, like `read_bytes`."""
    content = read_bytes(path, limit)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refusal(path.name, f"not UTF-8 text (byte {error.start})", SAVE_AGAIN) from error


def read_bytes(path: Path, limit: int) -> bytes:
    """Read a regular file of at most `limit` bytes; no link is followed, whoever makes one when.

    Raises
    ------
    SubmissionError
        If it is anything else, such as a link, a pipe or a device.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _refusal(
            path.name, f"cannot open it ({error.strerror})", "hand in the file itself"
        ) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _refusal(path.name, "not a regular file", "hand in the file itself")
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        size = f"{limit / 1e6:g} MB" if limit >= 1e6 else f"{limit} bytes"
        raise _refusal(path.name, f"larger than {size}", CLEAR)
    return content


def read_submission(path: Path, problems: list[str] | None = None) -> NotebookNode:
    """Read a student's notebook as version 4.5, with limits on size and depth.

    Every cell gets an id and all its fields. Metadata, ids, outputs and execution counts that an
    editor lost or damaged are filled in or removed. Sources do not change.

    Parameters
    ----------
    path : Path
    problems : list of str, optional
        A line is added for each cell that was damaged or left out.

    Raises
    ------
    SubmissionError
        If it is not a notebook. One line says what was found and what to do.
    """
    told = [] if problems is None else problems
    return read_notebook(decoded(read_bytes(path, MAX_BYTES), path.name, told), path.name, told)


def require_readable(content: bytes, name: str) -> None:
    """Refuse at once what is plainly no notebook; whatever takes much memory to read is let pass.

    Raises
    ------
    SubmissionError
        With what was found and what to do.
    """
    if len(content) > MAX_BYTES or takes_much(content):
        return
    problems: list[str] = []
    read_notebook(decoded(content, name, problems), name, problems)


def takes_much(content: bytes) -> bool:
    """Whether a notebook has so many values that it takes much memory to read it."""
    return sum(map(content.count, (b",", b"[", b"{"))) > MAX_AT_ONCE


def decoded(content: bytes, name: str, problems: list[str]) -> str:
    """The text of a notebook. An odd byte costs itself, and a line in `problems`.

    Raises
    ------
    SubmissionError
        If it is no text in any encoding that editors write.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = content.decode("utf-16", "replace")
        if text.lstrip().startswith("{"):
            problems.append(f"{name} was read as UTF-16, not as UTF-8")
            return text
    if content.endswith(b"\0") and content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        whole = content.rstrip(b"\0")
        zeros = len(content) - len(whole)
        content = whole
        problems.append(
            f"{name} ends with {zeros:,} zero bytes, as after an upload that was interrupted; they "
            "were left out"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"not UTF-8 text (byte {error.start})"
        if b"\0" in content or not content.lstrip().startswith(b"{"):
            raise _no_notebook_in(content, name, where) from error
    problems.append(f"{name}: {where}; what can't be read there was replaced")
    return content.decode("utf-8", "replace")


def read_notebook(text: str, name: str, problems: list[str] | None = None) -> NotebookNode:
    """Read a notebook from a text, like `read_submission`; errors call it `name`."""
    values, told = _parse(text, name), [] if problems is None else problems
    if not isinstance(values, dict) or not {"cells", "worksheets"} & set(values):
        raise _refusal(
            name,
            "JSON, but not a notebook (it has no cells)",
            "hand in the .ipynb that Jupyter saves",
        )
    if "cells" not in values:
        values = _upgrade(values, name)
    elif values.get("nbformat") != 4:
        told.append(f"{name}: expected notebook format 4, found {values.get('nbformat')!r:.20}")
    cells = list(_numbered(values["cells"]))
    if not isinstance(values["cells"], list):
        raise _refusal(name, "its cells are not a notebook's", SAVE_AGAIN)
    if len(cells) > MAX_CELLS:
        found = f"expected at most {MAX_CELLS:,} cells, found {len(cells):,}"
        raise _refusal(name, found, "delete those that are not needed and hand it in again")
    whole = _whole_cells(cells, told)
    if cells and not whole:
        raise _refusal(name, "its cells are not a notebook's", SAVE_AGAIN)
    _add_ids(whole)
    metadata = _dict(values.get("metadata"))
    if not (kernel := kernel_of(metadata)).is_python:
        told.append(
            f"{name} was saved with a kernel for {one_line(kernel.language, 40)}; it is graded as "
            "Python. Choose a Python kernel, run the notebook, and save it"
        )
    notebook: NotebookNode = nbformat.from_dict(
        {"cells": whole, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    )
    return notebook


def _refusal(name: str, found: str, advice: str) -> SubmissionError:
    return SubmissionError(f"{name}: {found}; {advice}")


def _no_notebook_in(content: bytes | str, name: str, found: str) -> SubmissionError:
    """The refusal of a file that can't be read, with what it is instead, where that is known."""
    kind, advice = what_it_is(content)
    return _refusal(name, f"{found}: this {kind}" if kind else found, advice or SAVE_AGAIN)


def _parse(text: str, name: str) -> Any:
    if not text.strip():
        raise _refusal(name, "an empty file", "hand in the notebook again")
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        ends = error.pos >= len(text.rstrip()) - 1 or "Unterminated" in error.msg
        cut = ends and text.lstrip().startswith("{")
        found = "cut off before its end (truncated)" if cut else "not a notebook (not JSON)"
        raise _no_notebook_in(text, name, f"{found}, line {error.lineno}") from error
    except (RecursionError, ValueError) as error:
        raise _refusal(
            name, "nested too deeply, or it contains a number that is far too long", SAVE_AGAIN
        ) from error
    if _depth_exceeds(values, MAX_DEPTH):
        raise _refusal(name, f"nested more than {MAX_DEPTH} levels deep", CLEAR)
    return without_surrogates(values) if "\\ud" in text.lower() else values


def _depth_exceeds(values: Any, limit: int) -> bool:
    level: list[Any] = [values]
    for _ in range(limit):
        level = [
            child
            for value in level
            if isinstance(value, (dict, list))
            for child in (value.values() if isinstance(value, dict) else value)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True


def without_surrogates(value: Any) -> Any:
    """Make every text in a JSON value `readable`."""
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, list):
        return [without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {without_surrogates(key): without_surrogates(item) for key, item in value.items()}
    return value


def _upgrade(values: dict[str, Any], name: str) -> dict[str, Any]:
    """Convert an old notebook to format 4; formats 2 and 3 kept their cells in worksheets."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about missing ids, which are added below
            upgraded: dict[str, Any] = nbformat.convert(
                nbformat.reader.reads(json.dumps(values)), 4
            )
    except Exception as error:  # the converter trusts its input, so it may raise anything
        found = f"an old notebook (format {values.get('nbformat')!r:.20}) that cannot be converted"
        raise _refusal(name, found, SAVE_AGAIN) from error
    return upgraded


def _numbered(cells: Any) -> Iterator[tuple[int, Any]]:
    """Each cell with its number, also those in a list that stands in the place of a cell."""
    for number, cell in enumerate(cells if isinstance(cells, list) else [], 1):
        inside = [one for _, one in _numbered(cell)] or [cell]
        yield from ((number, one) for one in inside)


def _whole_cells(cells: list[tuple[int, Any]], problems: list[str]) -> list[dict[str, Any]]:
    """The cells that can be read. A damaged cell does no harm to others and adds to `problems`."""
    whole = []
    odd: dict[str, list[int]] = {}
    for number, cell in cells:
        if not _is_cell(cell):
            said = f"can't be read and was left out; {LOOK_THERE}"
            odd.setdefault(said, []).append(number)
            continue
        source = _readable_source(cell.get("source"))
        if "source" not in cell or source != joined_source(cell["source"]):
            said = f"has a damaged text, of which the readable part was kept; {LOOK_THERE}"
            odd.setdefault(said, []).append(number)
        cell_type = cell.get("cell_type")
        if cell_type not in CELL_TYPES:
            cell_type = "code" if "outputs" in cell or tree_of(source) is not None else "markdown"
            said = f"has no type that Jupyter knows and was read as a {cell_type} cell"
            odd.setdefault(said, []).append(number)
        whole.append(whole_cell({**cell, "cell_type": cell_type, "source": source}))
    problems += [_said_of_cells([*dict.fromkeys(each)], said) for said, each in odd.items()]
    return whole


def _said_of_cells(numbers: list[int], said: str) -> str:
    """One line for all cells of which the same is said.

    >>> _said_of_cells([3], "has no type")
    'cell 3 has no type'
    >>> _said_of_cells([3, 5], "has no type")
    'each of the cells 3, 5 has no type'
    """
    if len(numbers) == 1:
        return f"cell {numbers[0]} {said}"
    more = f" and {len(numbers) - MAX_LISTED} more" if len(numbers) > MAX_LISTED else ""
    return f"each of the cells {', '.join(map(str, numbers[:MAX_LISTED]))}{more} {said}"


def _is_cell(cell: object) -> bool:
    if not isinstance(cell, dict) or not {"cell_type", "source"} & set(cell):
        return False
    return isinstance(cell.get("source", ""), str | list | None)


def _readable_source(value: object) -> str:
    """The text of a cell, from a value of any type."""
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def whole_cell(cell: dict[str, Any]) -> dict[str, Any]:
    """Make a cell valid for nbformat 4.5: add missing fields and remove invalid outputs."""
    cell_type = cell["cell_type"]
    whole = {
        "cell_type": cell_type if cell_type in ("code", "markdown", "raw") else "markdown",
        "id": cell.get("id"),
        "metadata": _dict(cell.get("metadata")),
        "source": joined_source(cell.get("source", "")) or "",
    }
    if cell_type == "code":
        outputs = cell.get("outputs")
        whole["execution_count"] = _count(cell.get("execution_count"))
        whole_outputs = map(_whole_output, outputs if isinstance(outputs, list) else [])
        whole["outputs"] = [output for output in whole_outputs if output]
    elif isinstance(cell.get("attachments"), dict):
        whole["attachments"] = cell["attachments"]
    return whole


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _whole_output(output: Any) -> dict[str, Any] | None:
    output_type = _dict(output).get("output_type")
    if not isinstance(output_type, str) or output_type not in _OUTPUT_FIELDS:
        return None
    whole: dict[str, Any] = {"output_type": output_type}
    for name, expected in _OUTPUT_FIELDS[output_type].items():
        value = output.get(name, expected())
        whole[name] = joined_source(value) if expected is str else value
        if not isinstance(whole[name], expected):
            return None
    if output_type == "error" and not all(isinstance(line, str) for line in whole["traceback"]):
        return None
    if "data" in whole:
        texts = {
            mime: value if "json" in mime else joined_source(value)
            for mime, value in whole["data"].items()
        }
        whole["data"] = {mime: value for mime, value in texts.items() if value is not None}
    if output_type == "execute_result":
        whole["execution_count"] = _count(output.get("execution_count"))
    return whole


def _add_ids(cells: Iterable[dict[str, Any]]) -> None:
    """Give each cell a valid id of its own.

    A valid id is kept. Other ids are made from place and text, so they are the same each time.
    """
    seen: set[str] = set()
    for index, cell in enumerate(cells):
        given = cell["id"]
        if not isinstance(given, str) or not CELL_ID.fullmatch(given) or given in seen:
            cell["id"] = hashlib.sha256(f"{index}\0{cell['source']}".encode()).hexdigest()[:12]
        seen.add(cell["id"])
