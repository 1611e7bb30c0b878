"""What an instructor wrote: the cells of notebook.py, and the files in wrong/ and right/."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from hwlib.grading.cells import Role
from hwlib.grading.results import Trust

__all__ = [
    "SETTINGS",
    "AuthoredCell",
    "AuthoredRole",
    "Edit",
    "ParsedNotebook",
    "Variant",
    "WrittenCell",
]

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
    trust: Trust = "isolated"  # of a test: where it runs


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
    trust: Trust = "isolated"  # of a test: where it runs

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


SETTINGS = ("REPLACES", "EDITS", "FAILS", "HINT")
"""What a file in wrong/ or right/ says about itself, in assignments."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry of EDITS in a file of wrong/ or right/."""

    old: str  # one or several whole lines of the reference, without their indentation
    new: str  # what stands there instead; "" for nothing
    line: int  # of the entry in its file


@dataclass(frozen=True, slots=True)
class Variant:
    """One file wrong/NAME.py or right/NAME.py."""

    kind: Literal["wrong", "right"]
    name: str
    reason: str  # why students write it: the file's docstring
    # "f", "Class", "Class.method", "variable", or a model in artifacts/; with edits it may be empty
    replaces: tuple[str, ...]
    fails: tuple[str, ...]  # the questions that it loses, exactly these; () for right
    hint: str  # part of what the student reads; "" for right
    source: str
    path: Path
    models: tuple[str, ...] = ()  # those of `replaces` that are models in artifacts/
    edits: tuple[Edit, ...] = ()
