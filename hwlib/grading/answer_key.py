"""Reads the answer key: a built source notebook, cell by cell.

The build writes the role of each cell into its metadata: `hwlib = {"role", "name", "title"}`, next
to nbgrader's. Grading reads only source/SLUG/SLUG.ipynb and never assignments/, so it uses the
tests of the notebook that was released.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hwlib.errors import CourseError
from hwlib.grading.cells import Role, grade_id_of, joined_source
from hwlib.grading.course import Assignment
from hwlib.grading.results import QuestionResult, QuestionStatus, Trust

__all__ = ["AnswerKey", "KeyCell", "load_key", "released_sources"]


@dataclass(frozen=True, slots=True)
class KeyCell:
    """One cell of the source notebook."""

    role: Role
    name: str  # solution="KNN" → KNN; the build makes names for prose and given code
    grade_id: str  # nbgrader's id, or "" if nbgrader ignores the cell
    cell_type: Literal["code", "markdown"]
    source: str  # with solutions and hidden tests
    title: str = ""  # the heading above a question
    points: float = 0.0  # 0 unless the cell is a question
    cell_id: str = ""  # nbformat 4.5's id, which some editors keep when they drop metadata
    trust: Trust = "isolated"  # where a test runs
    manual: bool = False  # a human grades this solution
    extra_credit: bool = False  # its points count above the maximum
    notebook: str = ""  # the name of its notebook, where an assignment has several

    @property
    def by_hand(self) -> bool:
        """Whether a human gives the points: for words, a task, or code."""
        return self.role in ("answer", "task") or self.manual

    @property
    def is_question(self) -> bool:
        """Whether the cell has points, of a test or of a human."""
        return self.role == "test" or self.by_hand


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """All cells of one assignment's source notebook, in order."""

    slug: str
    cells: tuple[KeyCell, ...]

    def by_role(self, *roles: Role) -> list[KeyCell]:
        """The cells of these roles, in the notebook's order."""
        return [cell for cell in self.cells if cell.role in roles]

    @property
    def questions(self) -> list[KeyCell]:
        """The cells with points: tests, and what a human grades."""
        return [cell for cell in self.cells if cell.is_question]

    @property
    def graded_by_hand(self) -> list[KeyCell]:
        """The questions that a human grades."""
        return [cell for cell in self.cells if cell.by_hand]

    def all_questions(self, status: QuestionStatus, reason: str) -> tuple[QuestionResult, ...]:
        """Results that give 0 points to every question for the same reason."""
        return tuple(
            QuestionResult(
                cell.name,
                cell.title,
                0.0,
                cell.points,
                status,
                reason,
                extra_credit=cell.extra_credit,
            )
            for cell in self.questions
        )

    @property
    def max_score(self) -> float:
        """Sum of all questions' points, without extra credit."""
        return sum(cell.points for cell in self.questions if not cell.extra_credit)

    @property
    def max_by_hand(self) -> float:
        """The part of `max_score` that a human gives."""
        return sum(cell.points for cell in self.graded_by_hand if not cell.extra_credit)


def load_key(assignment: Assignment) -> AnswerKey:
    """Read source/SLUG/SLUG.ipynb or, one after the other, all notebooks of the assignment.

    Raises
    ------
    CourseError
        If it is missing or was not made by `hw build`.
    """
    slug, cells = assignment.slug, list[KeyCell]()
    for one in assignment.each_notebook():
        if not one.source.is_file():
            raise CourseError(f"{one.source}: no such file; run `hw build {slug}` first")
        cells += read_key(one.source, slug, one.stem).cells
    return AnswerKey(slug, tuple(cells))


def read_key(path: Path, slug: str, name: str = "") -> AnswerKey:
    """Read a source notebook that `hw build` made; `name` tells it from others."""
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    cells = []
    for cell in notebook["cells"]:
        metadata = cell["metadata"]
        if "hwlib" not in metadata:
            raise CourseError(
                f"{path}: found a cell without hwlib's metadata; run `hw build {slug}` again"
            )
        nbgrader = metadata.get("nbgrader", {})
        source = cell["source"]
        cells.append(
            KeyCell(
                role=metadata["hwlib"]["role"],
                name=metadata["hwlib"]["name"],
                grade_id=nbgrader.get("grade_id", ""),
                cell_type=cell["cell_type"],
                source=source if isinstance(source, str) else "".join(source),
                title=metadata["hwlib"].get("title", ""),
                points=float(nbgrader.get("points", 0)),
                cell_id=cell.get("id", ""),
                trust=metadata["hwlib"].get("trust", "isolated"),
                manual=metadata["hwlib"].get("manual", False),
                extra_credit=metadata["hwlib"].get("extra_credit", False),
                notebook=name,
            )
        )
    return AnswerKey(slug=slug, cells=tuple(cells))


def released_sources(assignment: Assignment) -> dict[str, str]:
    """Grade id → source in the released notebook; empty if there is no such notebook.

    Of several notebooks this is for one: their grade ids may be the same.
    """
    path = assignment.release
    if not path.is_file():
        return {}
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return {
        grade_id_of(cell): joined_source(cell["source"]) or ""
        for cell in cells
        if grade_id_of(cell)
    }
