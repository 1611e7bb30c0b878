"""Chooses between notebooks that were handed in beside one another: the one with answers counts.

A browser saves "knn (1).ipynb" where "knn.ipynb" is there already, and students give names of their
own. Then the student may have answered in one of them only.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from hwlib.errors import SubmissionError
from hwlib.grading.cells import grade_id_of, joined_source, tree_of
from hwlib.markers import is_unsolved

__all__ = ["Copy", "Released", "only_answered"]

_DEFINES = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
)


@dataclass(frozen=True, slots=True)
class Copy:
    """A notebook that may be the one to grade."""

    name: str  # for messages
    read: Callable[[], NotebookNode]  # raises SubmissionError for what is none
    is_like: bool = False  # its name is like the right one
    rank: int = 0  # the lowest is preferred


class Released:
    """What students got, to tell who has answered. Without that file nobody can be told apart."""

    def __init__(self, release: Path) -> None:
        self.is_known = release.is_file()
        text = release.read_text(encoding="utf-8") if self.is_known else '{"cells": []}'
        cells = json.loads(text)["cells"]
        self._texts = {(joined_source(cell["source"]) or "").strip() for cell in cells} | {""}
        self._by_cell_id = {cell.get("id"): grade_id_of(cell) for cell in cells}
        self._answers = {grade_id_of(cell) for cell in cells if _settings(cell).get("solution")}
        self._answers.discard("")

    def has_answer(self, copy: Copy) -> bool:
        """Whether an answer cell is not as released, or a cell of the student's own defines
        something. What can't be read has no answer.
        """
        return any(
            self._is_own(cell)
            and (self._grade_id(cell) in self._answers or _defines_something(cell))
            for cell in _cells(copy)
        )

    def has_more(self, copy: Copy) -> bool:
        """Whether any cell is no given one."""
        return any(cell.source.strip() not in self._texts for cell in _cells(copy))

    def is_of(self, copy: Copy) -> bool:
        """Whether it is a notebook of this assignment: it has at least half of the answer cells."""
        found = {self._grade_id(cell) for cell in _cells(copy)} & self._answers
        return bool(found) and 2 * len(found) >= len(self._answers)

    def answers(self, copy: Copy) -> list[str]:
        """What is no given cell, to tell whether two students' copies say the same."""
        return [cell.source.strip() for cell in _cells(copy) if self._is_own(cell)]

    def is_rival(self, copy: Copy) -> bool:
        """Whether it may be the one that the student meant: it is of this assignment, by its name
        or its cells, and has an answer.
        """
        return (copy.is_like or self.is_of(copy)) and self.has_answer(copy)

    def differs(self, first: Copy, copy: Copy) -> bool:
        """Whether a rival says something else than the one that is graded."""
        return self.is_rival(copy) and self.answers(copy) != self.answers(first)

    def _is_own(self, cell: NotebookNode) -> bool:
        """Whether a student has changed or added this cell, whichever release it is of."""
        source = cell.source.strip()
        if source in self._texts or is_unsolved(source):
            return False
        return self._grade_id(cell) in self._answers or not _is_given(cell)

    def _grade_id(self, cell: NotebookNode) -> str:
        return grade_id_of(cell) or self._by_cell_id.get(cell.get("id"), "")


def only_answered(
    first: Copy, others: Sequence[Copy], released: Released
) -> tuple[Copy | None, list[Copy]]:
    """The notebook to grade; None if several others have different answers. Those come second.

    Parameters
    ----------
    first : Copy
        The one with the right name. It is graded, unless it has no answer and another has.
    others : sequence of Copy
        Others that were handed in. One with another name counts if it is of this assignment.
    released : Released
    """
    if not released.is_known or not others or released.has_answer(first):
        return first, []
    answered = [one for one in others if released.is_rival(one)]
    if not answered:
        more = [one for one in others if one.is_like and not one.rank and released.has_more(one)]
        return (more[0] if len(more) == 1 and not released.has_more(first) else first), []
    best = [one for one in answered if one.rank == min(one.rank for one in answered)]
    same = all(released.answers(one) == released.answers(best[0]) for one in best)
    return (best[0], []) if same else (None, best)


def _cells(copy: Copy) -> list[NotebookNode]:
    try:
        return list(copy.read().cells)
    except SubmissionError:
        return []


def _settings(cell: Any, of: str = "nbgrader") -> dict[str, Any]:
    """What nbgrader, or hwlib, has written about a cell."""
    found = cell.get("metadata", {}).get(of)
    return found if isinstance(found, dict) else {}


def _is_given(cell: NotebookNode) -> bool:
    """Whether a release gave this cell and not for an answer, by its metadata."""
    role, settings = _settings(cell, "hwlib").get("role"), _settings(cell)
    if isinstance(role, str) and role:
        return role not in ("solution", "answer", "task")
    return bool(settings.get("locked") or settings.get("grade")) and not settings.get("solution")


def _defines_something(cell: NotebookNode) -> bool:
    tree = tree_of(cell.source) if cell.cell_type == "code" else None
    return tree is not None and any(isinstance(node, _DEFINES) for node in tree.body)
