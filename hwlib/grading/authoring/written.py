"""The cells of notebook.py: as their author wrote them, and as the build takes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from hwlib.grading.cells import Role

__all__ = ["AuthoredCell", "AuthoredRole", "ParsedNotebook", "WrittenCell"]

AuthoredRole: TypeAlias = Role | Literal["oracle"]
"""What the header of a cell in notebook.py says. An oracle (helpers of hidden tests) never becomes
a cell of a notebook, so it is none of its roles.
"""


@dataclass(frozen=True, slots=True)
class WrittenCell:
    """One cell of notebook.py, as its author wrote it."""

    role: AuthoredRole
    name: str  # solution="KNN" → KNN; "" for roles without a name
    points: float | None  # of a question
    cell_type: Literal["code", "markdown"]
    source: str
    line: int  # of the header in notebook.py, from 1
    source_line: int  # of the first line of `source` in notebook.py


@dataclass(frozen=True, slots=True)
class AuthoredCell:
    """One cell for the notebook: oracles stand in the hidden tests that use them."""

    role: Role
    name: str  # solution="KNN" → KNN; "" for roles without a name
    points: float | None  # of a question
    cell_type: Literal["code", "markdown"]
    source: str  # with solutions, hidden tests and their oracles
    line: int  # of the header in notebook.py, from 1
    lines: tuple[int, ...]  # where each line of `source` stands in notebook.py

    @property
    def source_line(self) -> int:
        """Where the first line of `source` stands in notebook.py."""
        return self.lines[0]


@dataclass(frozen=True, slots=True)
class ParsedNotebook:
    """All cells of one notebook.py, in order."""

    path: Path
    cells: tuple[AuthoredCell, ...]

    @property
    def points(self) -> float:
        """Sum of all questions' points."""
        return sum(cell.points or 0.0 for cell in self.cells)
