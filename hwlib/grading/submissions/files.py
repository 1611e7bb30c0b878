"""Submissions on disk: which there are, and one notebook read so that nothing in it can surprise a
grader.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from hwlib.errors import CourseError, SubmissionError
from hwlib.grading.cells import joined_source, tree_of
from hwlib.grading.course import Assignment

__all__ = [
    "FoundSubmission",
    "find_submissions",
    "read_notebook",
    "read_submission",
    "read_text",
    "whole_cell",
]

MAX_BYTES = 50_000_000  # a notebook with many figures has a few megabytes
MAX_DEPTH = 100  # the deepest honest output (a plot as JSON) has about 30 levels
MAX_CELLS = 10_000
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
SAVE_AGAIN = "open it in Jupyter, save it and hand it in again"
CLEAR = "clear the outputs and hand it in again"
_OUTPUT_FIELDS: dict[str, dict[str, type]] = {
    "stream": {"name": str, "text": str},
    "error": {"ename": str, "evalue": str, "traceback": list},
    "display_data": {"data": dict, "metadata": dict},
    "execute_result": {"data": dict, "metadata": dict},
}


@dataclass(frozen=True, slots=True)
class FoundSubmission:
    """One folder submitted/STUDENT/SLUG/."""

    student: str
    folder: Path
    notebook: Path | None  # None: no notebook that can be graded; `problems` says why
    timestamp: str | None  # what timestamp.txt says, unparsed
    problems: tuple[str, ...] = ()


def find_submissions(
    assignment: Assignment, submitted: Path, students: Sequence[str] = ()
) -> list[FoundSubmission]:
    """Every submitted/STUDENT/SLUG/, or those of the named students, in order of the student's id.

    A symbolic link that leads out of the folder is never followed: it stands in `problems`.

    Raises
    ------
    CourseError
        If `submitted` is not a folder, or a student who was asked for has no submission there.
    """
    if not submitted.is_dir():
        raise CourseError(
            f"{submitted}: no such folder; expected submitted/STUDENT/{assignment.slug}/ in it"
        )
    root = submitted.resolve()
    folders = {
        path.name: path / assignment.slug
        for path in root.iterdir()
        if not path.name.startswith(".") and (path / assignment.slug).is_dir()
    }
    missing = [student for student in students if student not in folders]
    if missing:
        names = ", ".join(map(repr, missing))
        raise CourseError(
            f"{submitted}: no submission by {names}; expected STUDENT/{assignment.slug}/ there"
        )
    chosen = sorted(set(students) or folders)
    return [_look_into(student, folders[student], assignment.slug, root) for student in chosen]


def _look_into(student: str, folder: Path, slug: str, root: Path) -> FoundSubmission:
    if folder.resolve() != folder:  # the student's folder or the assignment's is a link
        name = folder.relative_to(root)
        problem = f"{name}: a symbolic link, which is not followed; put the files there"
        return FoundSubmission(student, folder, None, None, (problem,))
    notebook, problems = _choose_notebook(folder, slug)
    return FoundSubmission(
        student, folder, notebook, _read_timestamp(folder / "timestamp.txt"), problems
    )


def _choose_notebook(folder: Path, slug: str) -> tuple[Path | None, tuple[str, ...]]:
    expected = folder / f"{slug}.ipynb"
    if expected.is_symlink():
        return None, (
            f"{expected.name} is a symbolic link; links are not followed: hand in the file itself",
        )
    if expected.is_file():
        return expected, ()
    others = sorted(
        path for path in folder.glob("*.ipynb") if path.is_file() and not path.is_symlink()
    )
    if len(others) == 1:
        return others[0], (f"no {expected.name}; graded {others[0].name}, the only notebook there",)
    if others:
        names = ", ".join(path.name for path in others)
        return None, (
            f"no {expected.name}, but several other notebooks: {names}; rename the right one",
        )
    return None, (f"no {expected.name}, and no other notebook; hand in the notebook",)


def _read_timestamp(path: Path) -> str | None:
    try:
        return read_text(path, limit=200).strip() or None
    except SubmissionError:
        return None


def read_text(path: Path, *, limit: int = MAX_BYTES) -> str:
    """A regular file's text: no link, no pipe, no device, at most `limit` bytes of UTF-8.

    Raises
    ------
    SubmissionError
        If it is something else.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _refusal(
            path.name, f"can't be opened ({error.strerror})", "hand in the file itself"
        ) from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _refusal(path.name, "not a regular file", "hand in the file itself")
        content = file.read(limit + 1)
    if len(content) > limit:
        raise _refusal(path.name, f"more than {limit / 1e6:g} MB", CLEAR)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refusal(path.name, f"not UTF-8 text (byte {error.start})", SAVE_AGAIN) from error


def read_submission(path: Path, problems: list[str] | None = None) -> NotebookNode:
    """Read a student's notebook: bounded in size and depth, version 4.5, every cell whole and with
    an id.

    Fields that an editor lost or garbled (metadata, ids, outputs, execution counts) are filled in
    or dropped; sources are kept as they are.

    Parameters
    ----------
    path : Path
    problems : list of str, optional
        Receives a line for each cell that had to be guessed at or left out.

    Raises
    ------
    SubmissionError
        If it is no notebook; one line says what was found and what to do.
    """
    return read_notebook(read_text(path), path.name, problems)


def read_notebook(text: str, name: str, problems: list[str] | None = None) -> NotebookNode:
    """The same for a text; `name` is what errors call it."""
    values = _parse(text, name)
    if not isinstance(values, dict) or not {"cells", "worksheets"} & set(values):
        raise _refusal(
            name, "JSON, but not a notebook (no cells)", "hand in the .ipynb that Jupyter saves"
        )
    if values.get("nbformat") not in (2, 3, 4):
        raise _refusal(
            name, f"notebook format {values.get('nbformat')!r:.20}, expected 4", SAVE_AGAIN
        )
    if "cells" not in values:
        values = _upgrade(values, name)
    cells = values["cells"]
    if not isinstance(cells, list) or len(cells) > MAX_CELLS:
        raise _refusal(name, "its cells are not a notebook's", SAVE_AGAIN)
    whole = _whole_cells(cells, [] if problems is None else problems)
    if cells and not whole:
        raise _refusal(name, "its cells are not a notebook's", SAVE_AGAIN)
    _add_ids(whole)
    metadata = _dict(values.get("metadata"))
    notebook: NotebookNode = nbformat.from_dict(
        {"cells": whole, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    )
    return notebook


def _refusal(name: str, found: str, advice: str) -> SubmissionError:
    return SubmissionError(f"{name}: {found}; {advice}")


def _parse(text: str, name: str) -> Any:
    if not text.strip():
        raise _refusal(name, "an empty file", "hand in the notebook again")
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        ends = error.pos >= len(text.rstrip()) - 1 or "Unterminated" in error.msg
        cut = ends and text.lstrip().startswith("{")
        found = "cut off before its end (truncated)" if cut else "not a notebook (not JSON)"
        raise _refusal(name, f"{found}, line {error.lineno}", SAVE_AGAIN) from error
    except (RecursionError, ValueError) as error:
        raise _refusal(
            name, "nested too deeply, or with an absurdly long number", SAVE_AGAIN
        ) from error
    if _depth_exceeds(values, MAX_DEPTH):
        raise _refusal(name, f"nested more than {MAX_DEPTH} levels deep", CLEAR)
    return _without_surrogates(values) if "\\ud" in text.lower() else values


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


def _without_surrogates(value: Any) -> Any:
    """A lone half of a surrogate pair is valid JSON but can't be written as UTF-8; it becomes
    U+FFFD.
    """
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


def _upgrade(values: dict[str, Any], name: str) -> dict[str, Any]:
    """Formats 2 and 3 kept their cells in worksheets."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about ids, which are added below
            upgraded: dict[str, Any] = nbformat.convert(
                nbformat.reader.reads(json.dumps(values)), 4
            )
    except Exception as error:  # the converter trusts its input, so anything can come out of it
        found = f"an old notebook (format {values['nbformat']}) that can't be upgraded"
        raise _refusal(name, found, SAVE_AGAIN) from error
    return upgraded


def _whole_cells(cells: list[Any], problems: list[str]) -> list[dict[str, Any]]:
    """The cells that can be read; what is odd about one costs this one, and is said."""
    whole = []
    for number, cell in enumerate(cells, 1):
        if not _is_cell(cell):
            problems.append(f"cell {number} is not a notebook cell; it was left out")
            continue
        source = _readable_source(cell.get("source", ""))
        if source != joined_source(cell.get("source", "")):
            problems.append(f"cell {number}: its text is damaged; what could be read was kept")
        kind = cell.get("cell_type")
        if not isinstance(kind, str):
            kind = "code" if "outputs" in cell or tree_of(source) is not None else "markdown"
            problems.append(f"cell {number} has no type; it was read as {kind}")
        whole.append(whole_cell({**cell, "cell_type": kind, "source": source}))
    return whole


def _is_cell(cell: object) -> bool:
    if not isinstance(cell, dict) or not {"cell_type", "source"} & set(cell):
        return False
    return isinstance(cell.get("source", ""), str | list | None)


def _readable_source(value: object) -> str:
    """The text of a cell, from whatever stands there."""
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def whole_cell(cell: dict[str, Any]) -> dict[str, Any]:
    """A cell with every field that nbformat 4.5 asks for, and outputs of a form that nbformat
    knows.
    """
    kind = cell["cell_type"]
    whole = {
        # format 3 had "heading"
        "cell_type": kind if kind in ("code", "markdown", "raw") else "markdown",
        "id": cell.get("id"),
        "metadata": _dict(cell.get("metadata")),
        "source": joined_source(cell.get("source", "")) or "",
    }
    if kind == "code":
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
    kind = _dict(output).get("output_type")
    if not isinstance(kind, str) or kind not in _OUTPUT_FIELDS:
        return None
    whole: dict[str, Any] = {"output_type": kind}
    for field, expected in _OUTPUT_FIELDS[kind].items():
        value = output.get(field, expected())
        whole[field] = joined_source(value) if expected is str else value
        if not isinstance(whole[field], expected):
            return None
    if kind == "error" and not all(isinstance(line, str) for line in whole["traceback"]):
        return None
    if "data" in whole:
        texts = {
            mime: value if "json" in mime else joined_source(value)
            for mime, value in whole["data"].items()
        }
        whole["data"] = {mime: value for mime, value in texts.items() if value is not None}
    if kind == "execute_result":
        whole["execution_count"] = _count(output.get("execution_count"))
    return whole


def _add_ids(cells: Iterable[dict[str, Any]]) -> None:
    """Keep ids that are valid and new; make the others from place and text, the same at each
    reading.
    """
    seen: set[str] = set()
    for index, cell in enumerate(cells):
        given = cell["id"]
        if not isinstance(given, str) or not CELL_ID.fullmatch(given) or given in seen:
            cell["id"] = hashlib.sha256(f"{index}\0{cell['source']}".encode()).hexdigest()[:12]
        seen.add(cell["id"])
