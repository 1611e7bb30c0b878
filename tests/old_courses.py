"""Notebooks of nbgrader and otter, made in code, for the tests of `hw import` and `hw audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from hwlib.grading.authoring.importing.drafting import drafted
from hwlib.grading.authoring.importing.found import Draft
from hwlib.grading.authoring.importing.naming import name_drafts
from hwlib.grading.authoring.importing.nbgrader_notebooks import found_in_nbgrader

__all__ = [
    "answer",
    "case",
    "drafts_of",
    "given",
    "locked",
    "manual",
    "named",
    "notebook",
    "prose",
    "raw",
    "solution",
    "task",
    "test",
    "texts",
    "write",
]


def _code(source: str, **settings: Any) -> NotebookNode:
    nbgrader = {"locked": False, "grade": False, "solution": False, "task": False}
    metadata = {"nbgrader": {"schema_version": 3, **nbgrader, **settings}} if settings else {}
    return new_code_cell(source, metadata=metadata)


def prose(source: str) -> NotebookNode:
    """Markdown."""
    return new_markdown_cell(source)


def raw(source: str) -> NotebookNode:
    """A raw cell, as otter uses them."""
    return new_raw_cell(source)


def given(source: str) -> NotebookNode:
    """A code cell that nbgrader ignores."""
    return _code(source)


def locked(source: str, grade_id: str) -> NotebookNode:
    """A read-only code cell."""
    return _code(source, grade_id=grade_id, locked=True)


def solution(source: str, grade_id: str) -> NotebookNode:
    """Code of the student's that tests grade."""
    return _code(source, grade_id=grade_id, solution=True)


def manual(source: str, grade_id: str, points: float) -> NotebookNode:
    """Code of the student's that a human grades."""
    return _code(source, grade_id=grade_id, solution=True, grade=True, points=points)


def test(source: str, grade_id: str, points: float) -> NotebookNode:
    """An autograded question."""
    return _code(source, grade_id=grade_id, grade=True, locked=True, points=points)


test.__test__ = False  # type: ignore[attr-defined]  # no test of pytest's


def task(source: str, grade_id: str, points: float) -> NotebookNode:
    """A task cell, whose answers stand in cells that students add."""
    cell = new_markdown_cell(source)
    cell.metadata = _code("", grade_id=grade_id, task=True, locked=True, points=points).metadata
    return cell


def answer(source: str, grade_id: str, points: float) -> NotebookNode:
    """A written answer."""
    cell = new_markdown_cell(source)
    settings = _code("", grade_id=grade_id, solution=True, grade=True, points=points).metadata
    cell.metadata = settings
    return cell


def case(source: str, value: str = "", printed: str = "") -> NotebookNode:
    """A test cell of otter's, with what it shows for the course's own solution."""
    outputs = []
    if printed:
        outputs.append(new_output("stream", name="stdout", text=printed))
    if value:
        outputs.append(new_output("execute_result", {"text/plain": value}, execution_count=1))
    return new_code_cell(source, outputs=outputs)


def notebook(*cells: NotebookNode, language: str = "python") -> NotebookNode:
    """A notebook of these cells."""
    kernel = {"name": "python3" if language == "python" else "ir", "display_name": language}
    metadata = {"kernelspec": {**kernel, "language": language}, "language_info": {"name": language}}
    return new_notebook(cells=list(cells), metadata=metadata)


def write(path: Path, *cells: NotebookNode, language: str = "python") -> Path:
    """Write a notebook of these cells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook(*cells, language=language), path)
    return path


def drafts_of(
    *cells: NotebookNode, folder: Path = Path("ps1"), language: str = "python"
) -> list[Draft]:
    """What these cells of nbgrader's become in notebook.py."""
    found = found_in_nbgrader(folder / "ps1.ipynb", notebook(*cells, language=language))
    return named(drafted(found))


def named(drafts: list[Draft]) -> list[Draft]:
    """The cells of a notebook with their names."""
    name_drafts([drafts])
    return drafts


def texts(draft: Draft, kind: str) -> str:
    """The notes of one kind about a cell, one a line."""
    return "\n".join(note.text for note in draft.notes if note.kind == kind)
