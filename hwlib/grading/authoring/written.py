"""Data classes for what an instructor writes: cells of notebook.py, files in wrong/ and right/."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from hwlib.grading.cells import Role, grade_id_for
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
"""The role that a cell's header gives it in notebook.py.

An oracle (helpers of hidden tests) never becomes a cell of a notebook, so `Role` does not have it.
"""


@dataclass(frozen=True, slots=True)
class WrittenCell:
    """One cell of notebook.py, as its author wrote it."""

    role: AuthoredRole
    name: str  # solution="KNN" → KNN; "" for roles without a name
    points: float | None  # None unless the cell is a question
    cell_type: Literal["code", "markdown"]
    source: str
    line: int  # the header's line in notebook.py, from 1
    source_line: int  # where the first line of `source` is in notebook.py
    trust: Trust = "isolated"  # where a test runs
    asks: tuple[str, ...] = ()  # values that students type into a given cell, for a test
    manual: bool = False  # a human grades this solution
    given_id: str = ""  # nbgrader's id, if the header says one
    tags: tuple[str, ...] = ()  # of the cell, as Jupyter has them
    points_of_each: tuple[float, ...] = ()  # of a test: those of its assertions
    extra_credit: bool = False  # its points count above the maximum
    # where each line of `source` stands in notebook.py, if the lines do not follow each other
    places: tuple[int, ...] = ()

    @property
    def lines(self) -> tuple[int, ...]:
        """Where each line of `source` stands in notebook.py."""
        count = self.source.count("\n") + 1
        return self.places or tuple(range(self.source_line, self.source_line + count))


@dataclass(frozen=True, slots=True)
class AuthoredCell:
    """One cell for the notebook, with oracles copied into the hidden tests that use them."""

    role: Role
    name: str  # solution="KNN" → KNN; "" for roles without a name
    points: float | None  # None unless the cell is a question
    cell_type: Literal["code", "markdown"]
    source: str  # with solutions, hidden tests and their oracles
    line: int  # the header's line in notebook.py, from 1
    lines: tuple[int, ...]  # where each line of `source` stands in notebook.py
    trust: Trust = "isolated"  # where a test runs
    asks: tuple[str, ...] = ()  # values that students type into a given cell, for a test
    manual: bool = False  # a human grades this solution
    given_id: str = ""  # nbgrader's id, if the header says one
    tags: tuple[str, ...] = ()  # of the cell, as Jupyter has them
    extra_credit: bool = False  # its points count above the maximum

    @property
    def source_line(self) -> int:
        """Where the first line of `source` stands in notebook.py."""
        return self.lines[0]

    @property
    def is_question(self) -> bool:
        """Whether the cell has points, of a test or of a human."""
        return self.role in ("test", "answer", "task") or self.manual

    @property
    def grade_id(self) -> str:
        """nbgrader's id of the cell: that of the header, or else made of role and name."""
        return self.given_id or grade_id_for(self.role, self.name)


@dataclass(frozen=True, slots=True)
class ParsedNotebook:
    """All cells of one notebook.py, in order."""

    path: Path
    cells: tuple[AuthoredCell, ...]

    @property
    def points(self) -> float:
        """Sum of all questions' points, without extra credit."""
        return sum(cell.points or 0.0 for cell in self.cells if not cell.extra_credit)

    @property
    def extra_credit(self) -> float:
        """Sum of the points that count above the maximum."""
        return sum(cell.points or 0.0 for cell in self.cells if cell.extra_credit)


SETTINGS = ("REPLACES", "EDITS", "FAILS", "ALSO", "HINT", "FREQUENCY")
"""The variables that a file in wrong/ or right/ may set about itself."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry of EDITS in a file of wrong/ or right/."""

    old: str  # one or several whole lines of the reference; indentation does not count
    new: str  # the lines that replace them; "" removes them
    line: int  # number of the entry's line in its file


@dataclass(frozen=True, slots=True)
class Variant:
    """One file wrong/NAME.py or right/NAME.py."""

    kind: Literal["wrong", "right"]
    name: str
    reason: str  # why students write it: the file's docstring
    # "f", "Class", "Class.method", "variable", or a model in artifacts/; with edits it may be empty
    replaces: tuple[str, ...]
    fails: tuple[str, ...]  # exactly the questions that it loses; () in right/
    hint: str  # part of the text that the student reads; "" in right/
    source: str
    path: Path
    models: tuple[str, ...] = ()  # those of `replaces` that are models in artifacts/
    edits: tuple[Edit, ...] = ()
    frequency: str = ""  # how often this was seen: "14 of 14 public solutions"
    also: Mapping[str, str] = field(default_factory=dict)  # a name in `fails` → why it is lost, too

    @property
    def paid_twice(self) -> tuple[str, ...]:
        """The names in `fails` that one slip costs beyond the first, without a reason in ALSO.

        One name is free for each function that the file replaces, and one in any case.
        """
        free = {name.rpartition(".")[2] for name in self.replaces}
        found = []
        for place, name in enumerate(self.fails):
            function = name.partition("/")[0].partition("-")[0]
            if place and function not in free and name not in self.also:
                found.append(name)
            free.discard(function)
        return tuple(found)
