"""Reads the notebooks of an nbgrader course with nbgrader's own upgrade of their metadata."""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode
from nbgrader.nbgraderformat import MetadataValidator

from hwlib.errors import CourseError
from hwlib.grading.authoring.importing.attachments import attachments_of
from hwlib.grading.authoring.importing.found import FoundCell, FoundNotebook, FoundRole, Note
from hwlib.grading.authoring.importing.kernel_notes import kernel_notes
from hwlib.grading.authoring.importing.metadata_notes import metadata_notes
from hwlib.grading.cells import joined_source, one_line
from hwlib.grading.kernels import kernel_of

__all__ = ["NOTEBOOKS", "found_in_nbgrader", "read_notebook"]

NOTEBOOKS = (".ipynb", ".py", ".md", ".Rmd")  # those that jupytext reads as notebooks


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook file, of Jupyter or of jupytext, in the newest format.

    Raises
    ------
    CourseError
        If it is not a notebook.
    """
    try:
        with warnings.catch_warnings():  # about ids that an old notebook lacks
            warnings.simplefilter("ignore")
            if path.suffix == ".ipynb":
                found = nbformat.reads(path.read_text(encoding="utf-8-sig"), as_version=4)
            else:
                found = jupytext.read(path)
    except Exception as error:
        raise CourseError(
            f"{path}: not a notebook that nbformat or jupytext can read ({error}); open it in "
            "JupyterLab and save it again"
        ) from error
    for cell in found.cells:
        cell.source = (joined_source(cell.source) or "").replace("\r\n", "\n")
    return found


def found_in_nbgrader(path: Path, notebook: NotebookNode) -> FoundNotebook:
    """The cells of a notebook with nbgrader's metadata, of any schema."""
    notes = [tuple(_repaired(cell)) for cell in notebook.cells]
    old = sorted({schema for cell in notebook.cells if (schema := _schema(cell)) not in (None, 3)})
    validator = MetadataValidator()
    for one in (validator, validator.v1, validator.v2):
        one.log = logging.Logger("hwlib.import")  # it tells of each cell
        one.log.addHandler(logging.NullHandler())  # without one it writes to stderr
    upgraded = validator.upgrade_notebook_metadata(notebook)
    kernel = kernel_of(notebook.metadata)
    schemas = ", ".join(map(str, old))
    text = f"{path.name}: nbgrader's metadata had schema {schemas}, and has schema 3 now"
    return FoundNotebook(
        path,
        "nbgrader",
        kernel.language,
        kernel.is_python,
        tuple(
            _found(f"{path.name}, cell {number}", cell, said)
            for number, (cell, said) in enumerate(zip(upgraded.cells, notes, strict=True), 1)
        ),
        notes=(
            *([Note("changed", text)] if old else []),
            *kernel_notes(kernel, path.name),
            *metadata_notes(notebook, path.name),
        ),
    )


def _repaired(cell: NotebookNode) -> Iterator[Note]:
    """Correct metadata of a cell that nbgrader's upgrade can't read, and tell of what is lost."""
    settings = cell.metadata.get("nbgrader", {})
    if not isinstance(settings, dict):
        del cell.metadata["nbgrader"]
        yield Note(
            "decision",
            f"its nbgrader metadata is {_short(settings)}, where a dictionary is expected, so it "
            "is no question here",
            "if it was one, give it a header with points",
        )
        return
    version = settings.get("schema_version", 0)
    if not isinstance(version, int | float) or not math.isfinite(version):
        settings["schema_version"] = 3 if "task" in settings else 0
        text = f"its schema_version is {_short(version)}, so its metadata is read as nbgrader's"
        yield Note("changed", f"{text} schema {settings['schema_version']}")
    if not settings.get("grade") and not settings.get("task"):
        return
    points = settings.get("points")
    try:
        settings["points"] = float(points or 0)
        is_number = math.isfinite(settings["points"])
    except (TypeError, ValueError):
        is_number = False
    if not is_number:
        settings["points"] = 0.0
        yield Note("decision", f"it is worth {_short(points)} points", "give it 0 points or more")


def _short(value: object) -> str:
    return one_line(repr(value), 60)


def _schema(cell: NotebookNode) -> int | None:
    """The schema of a cell's metadata; None if nbgrader ignores the cell."""
    settings = cell.metadata.get("nbgrader")
    return None if settings is None else int(settings.get("schema_version", 0))


def _found(place: str, cell: NotebookNode, repaired: tuple[Note, ...]) -> FoundCell:
    settings: dict[str, Any] = cell.metadata.get("nbgrader", {})
    grade, solution = bool(settings.get("grade")), bool(settings.get("solution"))
    notes = list(repaired)
    role: FoundRole = "locked" if settings.get("locked") and settings else "given"
    if settings.get("task"):
        role = "task"
    elif grade and solution:
        role = "manual" if cell.cell_type == "code" else "answer"
    elif grade:
        role = "test"
        if cell.cell_type != "code":
            role = "answer"
            notes.append(
                Note(
                    "decision",
                    "a graded Markdown cell that students can't edit, which nbgrader refuses",
                    "make it a written answer or a task",
                )
            )
    elif solution:
        role = "solution" if cell.cell_type == "code" else "answer"
    return FoundCell(
        place,
        role,
        cell.cell_type,
        cell.source,
        str(settings.get("grade_id", "")),
        _points(settings) if grade or settings.get("task") or role == "answer" else None,
        tags=tuple(str(tag) for tag in cell.metadata.get("tags", ())),
        attachments=tuple(attachments_of(cell)),
        outputs=tuple(cell.get("outputs", ())),
        notes=tuple(notes),
    )


def _points(settings: dict[str, Any]) -> float:
    try:
        return float(settings.get("points", 0) or 0)
    except (TypeError, ValueError):
        return 0.0
