"""Writes autograded/STUDENT/SLUG: the graded notebook and its files.

nbgrader's formgrader and feedback work with this notebook.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
)
from nbgrader.utils import compute_checksum
from traitlets.config import Config

from hwlib.atomic import remove_folder, swap_folder
from hwlib.errors import CourseError, headline
from hwlib.grading.cells import grade_id_of, question_of
from hwlib.grading.course import Assignment
from hwlib.grading.records.harmless import harmless_cell
from hwlib.grading.records.pictures import Pictures
from hwlib.grading.results import PartResult, QuestionResult, SubmissionResult
from hwlib.grading.submissions.beside import copy_files
from hwlib.grading.texts import for_markdown, for_terminal

__all__ = [
    "complete_notebook",
    "content_of",
    "graded_cells",
    "is_unchanged",
    "load_template",
    "load_templates",
    "names_of",
    "placeholder",
    "with_metadata",
    "write_notebooks",
]


CELL_ID = re.compile(r"[\w-]{1,64}", re.ASCII)  # as nbformat defines it


def load_templates(assignment: Assignment, config: Config) -> dict[str, NotebookNode]:
    """The source notebooks as nbgrader keeps them in the gradebook, by name."""
    return {one.name: load_template(one, config) for one in assignment.each_notebook()}


def load_template(assignment: Assignment, config: Config) -> NotebookNode:
    """The source notebook as nbgrader keeps it in the gradebook.

    Solutions are removed, hidden tests stay, cells are locked and have checksums. These are the
    steps of `nbgrader generate_assignment` up to the one that saves the cells.

    Raises
    ------
    CourseError
        If the assignment has not been built.
    """
    path = assignment.source
    if not path.is_file():
        raise CourseError(f"{path}: no such file; run `hw build {assignment.slug}` first")
    notebook: NotebookNode = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    resources: dict[str, Any] = {}
    for step in (LockCells, ClearSolutions, ClearOutput, CheckCellMetadata, ComputeChecksums):
        notebook, resources = step(config=config).preprocess(notebook, resources)
    return notebook


def graded_cells(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """Grade id → cell, for the cells that nbgrader uses: graded, to be solved or locked."""
    cells = {}
    for cell in notebook.cells:
        nbgrader = cell.metadata.get("nbgrader", {})
        if any(nbgrader.get(flag) for flag in ("grade", "solution", "locked", "task")):
            cells[nbgrader["grade_id"]] = cell
    return cells


def content_of(cell: NotebookNode) -> str:
    """What a human sees of an answer: its text and the pictures in it."""
    pictures = cell.get("attachments")
    told = [json.dumps(pictures, sort_keys=True)] if pictures else []
    return "\n".join([str(cell.source), *told])


def names_of(template: NotebookNode) -> dict[str, str]:
    """Grade id → name of the question or solution, as the build wrote it into the metadata."""
    return {
        grade_id: cell.metadata.get("hwlib", {}).get("name", question_of(grade_id))
        for grade_id, cell in graded_cells(template).items()
    }


def is_unchanged(cell: NotebookNode) -> bool:
    """Whether a cell is as it was released, according to nbgrader's checksum."""
    return bool(cell.metadata.nbgrader.get("checksum") == compute_checksum(cell))


def complete_notebook(
    notebook: NotebookNode, template: NotebookNode, result: SubmissionResult
) -> NotebookNode:
    """The student's notebook with every cell that nbgrader uses exactly once.

    Metadata and locked sources come from the template. The only output of a test cell is the
    grader's verdict, because an output that the student saved proves nothing.
    """
    known = graded_cells(template)
    cells = list(_own_cells(notebook, template))
    present = {cell.metadata.nbgrader.grade_id for cell in cells if "nbgrader" in cell.metadata}
    for previous, grade_id in zip([None, *known], known, strict=False):
        if grade_id not in present:
            cells.insert(_index_after(cells, previous), copy.deepcopy(known[grade_id]))
    names = names_of(template)
    for cell in cells:
        grade_id = grade_id_of(cell)
        if grade_id in known and _is_test(known[grade_id]):
            cell.outputs, cell.execution_count = _verdict(result, names[grade_id]), None
    return _as_notebook(cells, template)


def _own_cells(notebook: NotebookNode, template: NotebookNode) -> Iterator[NotebookNode]:
    """The student's cells, made harmless.

    If several cells have one grade id, it counts for the last of them, as in nbgrader. An unknown
    grade id does not count.
    """
    known, given = graded_cells(template), {cell.source for cell in template.cells}
    last = {grade_id_of(cell): index for index, cell in enumerate(notebook.cells)}
    pictures = Pictures()
    for index, cell in enumerate(notebook.cells):
        grade_id = grade_id_of(cell)
        original = known.get(grade_id) if last[grade_id] == index else None
        own = harmless_cell(cell, pictures)
        if cell.source in given:  # the instructor's own text needs no cleaning
            own.source = cell.source
        if original is not None:
            locked = original.metadata.nbgrader.locked
            if locked or own.cell_type != original.cell_type:
                own = NotebookNode(
                    {**original, "id": own.id, "source": original.source if locked else own.source}
                )
            own.metadata = NotebookNode(nbgrader=copy.deepcopy(original.metadata.nbgrader))
        yield own


def _is_test(cell: NotebookNode) -> bool:
    flags = cell.metadata.nbgrader
    return cell.cell_type == "code" and bool(flags.grade) and not flags.solution


def _index_after(cells: Sequence[NotebookNode], grade_id: str | None) -> int:
    for index, cell in enumerate(cells):
        if grade_id is not None and grade_id_of(cell) == grade_id:
            return index + 1
    return 0


def _verdict(result: SubmissionResult, question_id: str) -> list[NotebookNode]:
    found = [question for question in result.questions if question.id == question_id]
    return [_verdict_output(question) for question in found]


def _verdict_output(question: QuestionResult) -> NotebookNode:
    score = f"{question.points:g} of {question.max_points:g} points"
    parts = [_part_line(part) for part in question.parts]
    if question.status == "passed":
        text = "\n".join([f"✓ {score}", *parts, ""])
        return NotebookNode(output_type="stream", name="stdout", text=text)
    message, hint = for_terminal(question.message), for_terminal(question.hint)
    text = f"✗ {score} ({question.status}): {message or 'no message'}"
    lines = [headline(text), *([hint] if hint else []), *parts]
    return NotebookNode(output_type="error", ename=question.status, evalue=message, traceback=lines)


def _part_line(part: PartResult) -> str:
    score = f"{part.points:g} of {part.max_points:g}"
    if part.status == "passed":
        return f"  ✓ {part.name}: {score}"
    said = filter(None, (f"  ✗ {part.name}: {score}.", part.message, part.hint))
    return for_terminal(" ".join(said))


def with_metadata(notebook: NotebookNode, template: NotebookNode) -> NotebookNode:
    """A repaired submission with nbgrader's metadata; if cells share an id, the last one has it."""
    known = graded_cells(template)
    last = {grade_id_of(cell): index for index, cell in enumerate(notebook.cells)}
    for index, cell in enumerate(notebook.cells):
        grade_id = grade_id_of(cell)
        if grade_id:
            metadata = known[grade_id].metadata if last[grade_id] == index else {}
            cell.metadata = copy.deepcopy(metadata)
    return _as_notebook(notebook.cells, template)


def placeholder(template: NotebookNode, problems: Sequence[str]) -> NotebookNode:
    """The notebook for a submission that cannot be read: the reason, then the empty assignment."""
    listed = (
        "\n".join(f"- {for_markdown(problem)}" for problem in problems) or "- no reason was given"
    )
    below = "The cells below are the empty assignment."
    text = f"# This submission could not be read\n\n{listed}\n\n{below}"
    note = new_markdown_cell(text, id="not-readable")
    return _as_notebook([note, *copy.deepcopy(template.cells)], template)


def _as_notebook(cells: list[NotebookNode], template: NotebookNode) -> NotebookNode:
    _make_ids_unique(cells)
    return NotebookNode(cells=cells, metadata=template.metadata, nbformat=4, nbformat_minor=5)


def _make_ids_unique(cells: Iterable[NotebookNode]) -> None:
    seen: set[str] = set()
    for index, cell in enumerate(cells):
        if cell.get("id") in seen or not CELL_ID.fullmatch(str(cell.get("id", ""))):
            cell["id"] = f"cell-{index}"
        seen.add(cell["id"])


def write_notebooks(
    folder: Path,
    notebooks: Mapping[str, NotebookNode],
    files: Path | None,
    only: frozenset[str] | None,
    trusted: Path,
    keep: Collection[str] = (),
) -> list[str]:
    """Write notebooks, the submission's files and then those of the `trusted` folder to `folder`.

    Of the submission's files, those in `keep` stay. The folder changes in one step or not at all.
    Returns a line for each file that was left out.
    """
    fresh = folder.parent / f".{folder.name}.new"
    remove_folder(fresh)  # left by a run that was killed
    fresh.mkdir(parents=True)
    problems = copy_files(files, fresh, only, shown=True) if files else []
    copy_files(trusted, fresh, keep=keep)
    for name, notebook in notebooks.items():
        text = json.dumps(notebook, ensure_ascii=False) + "\n"
        (fresh / f"{name}.ipynb").write_text(text, encoding="utf-8")
    swap_folder(fresh, folder)
    return problems
