"""Data classes for what an import finds: another tool's cells, and notes about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from hwlib.grading.results import Trust

__all__ = ["Draft", "DraftRole", "FoundCell", "FoundNotebook", "FoundRole", "Note", "NoteKind"]

FoundRole: TypeAlias = Literal["given", "locked", "solution", "test", "manual", "answer", "task"]
"""What a cell is for in the other tool.

- given: a cell that students may edit; locked: one that they may not
- solution: the student's code, which tests grade; manual: code that a human grades
- test: an autograded question
- answer: a written answer; task: a task cell with a mark scheme
"""

DraftRole: TypeAlias = Literal[
    "prose", "setup", "code", "solution", "manual", "test", "answer", "task"
]

NoteKind: TypeAlias = Literal["changed", "decision", "shared", "fault"]
"""changed: the import wrote something else than it found. decision: an instructor must look.
shared: the test runs in the student's process. fault: the course was wrong before.
"""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that an instructor should know about a cell."""

    kind: NoteKind
    text: str  # what was found, in one sentence
    remedy: str = ""  # what to do about it


@dataclass(frozen=True, slots=True)
class FoundCell:
    """One cell of another tool's notebook."""

    place: str  # "ps1.ipynb, cell 4"
    role: FoundRole
    cell_type: Literal["code", "markdown", "raw"]
    source: str
    grade_id: str = ""
    points: float | None = None  # None unless the cell is a question
    title: str = ""  # a name for the question that people read, where the tool has one
    tags: tuple[str, ...] = ()
    attachments: tuple[tuple[str, bytes], ...] = ()  # name and content of pictures inside it
    outputs: tuple[dict[str, Any], ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundNotebook:
    """One notebook of another tool."""

    path: Path
    tool: Literal["nbgrader", "otter"]
    language: str  # "python", "R", …
    is_python: bool  # whether hwlib can run it
    cells: tuple[FoundCell, ...]
    files: tuple[str, ...] = ()  # files that it names for students, relative to its folder
    notes: tuple[Note, ...] = ()  # about the notebook as a whole


@dataclass(slots=True, eq=False)
class Draft:
    """A cell of notebook.py while it is made."""

    place: str
    role: DraftRole
    source: str
    grade_id: str = ""
    points: float | None = None
    name: str = ""
    trust: Trust = "isolated"
    wish: str = ""  # a suffix for the name of a test
    tags: tuple[str, ...] = ()
    pictures: list[tuple[str, bytes]] = field(default_factory=list)  # those that it shows
    notes: list[Note] = field(default_factory=list)

    @property
    def is_code(self) -> bool:
        """Whether it is a code cell."""
        return self.role not in ("prose", "answer", "task")

    def note(self, kind: NoteKind, text: str, remedy: str = "") -> None:
        """Add a note, once."""
        found = Note(kind, text, remedy)
        if found not in self.notes:
            self.notes.append(found)

    def has(self, kinds: Iterable[NoteKind]) -> bool:
        """Whether it has a note of one of these kinds."""
        wanted = set(kinds)
        return any(note.kind in wanted for note in self.notes)
