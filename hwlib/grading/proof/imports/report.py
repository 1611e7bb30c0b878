"""What an import or audit found: each cell, each question in each engine, and the closing line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from hwlib.grading.authoring.importing.found import Draft, Note, NoteKind

__all__ = ["AssignmentReport", "CellReport", "ImportReport", "QuestionReport", "cells_of"]

Status = Literal["as it was", "changed", "decision", "shared"]
_WORDS: dict[NoteKind, str] = {
    "decision": "NEEDS A DECISION",
    "shared": "shared process",
    "changed": "changed",
    "fault": "was wrong before",
}


@dataclass(frozen=True, slots=True)
class CellReport:
    """One cell of the old notebook, and what became of it."""

    place: str  # "ps1.ipynb, cell 4"
    grade_id: str
    role: str
    name: str
    notes: tuple[Note, ...]

    @classmethod
    def of(cls, draft: Draft) -> CellReport:
        """The report on a draft."""
        return cls(draft.place, draft.grade_id, draft.role, draft.name, tuple(draft.notes))

    @property
    def status(self) -> Status:
        """The most important thing about it."""
        kinds = {note.kind for note in self.notes}
        for kind in ("decision", "shared", "changed"):
            if kind in kinds:
                return kind
        return "as it was"


@dataclass(frozen=True, slots=True)
class QuestionReport:
    """What an autograded question gives the course's own solution."""

    id: str
    grade_id: str
    place: str
    original: bool | None  # in the old notebook; None where there is no such run
    nbgrader: bool | None  # in nbgrader's engine, after the import; None: not tried
    isolated: bool | None
    trust: str
    message: str = ""  # why it is lost

    @property
    def in_nbgrader(self) -> bool:
        """Whether nbgrader passes it: in the old notebook, where that was run."""
        return bool(self.nbgrader if self.original is None else self.original)


@dataclass(frozen=True, slots=True)
class AssignmentReport:
    """One assignment."""

    slug: str
    source: str
    tool: str
    cells: tuple[CellReport, ...]
    questions: tuple[QuestionReport, ...]
    notes: tuple[Note, ...]  # about the assignment as a whole
    seconds: dict[str, float]  # of the old notebook, nbgrader's engine and the isolated one

    @property
    def decisions(self) -> int:
        """How many notes need a decision."""
        every = [*self.notes, *(note for cell in self.cells for note in cell.notes)]
        return sum(note.kind == "decision" for note in every)

    def lines(self) -> Iterator[str]:
        """The report as text."""
        if self.cells:
            counts = Counter(cell.status for cell in self.cells)
            yield (
                f"{self.slug}: {self.source}: {len(self.cells)} cells: {counts['as it was']} as "
                f"they were, {counts['changed']} changed, {counts['decision']} need a decision, "
                f"{counts['shared']} shared process"
            )
        else:
            yield f"{self.slug}: {self.source or 'nothing to import'}"
        for note in self.notes:
            yield _shown("", note)
        for kind in ("decision", "shared", "changed", "fault"):
            for cell in self.cells:
                for note in cell.notes:
                    if note.kind == kind:
                        yield _shown(_where(cell), note)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """All assignments of one source."""

    assignments: tuple[AssignmentReport, ...]
    about_course: tuple[str, ...] = ()  # what is not taken over of the old course, a line each

    @property
    def decisions(self) -> int:
        """How many decisions are open."""
        return sum(one.decisions for one in self.assignments)

    @property
    def written(self) -> tuple[str, ...]:
        """The assignments that have a notebook which hwlib runs."""
        return tuple(one.slug for one in self.assignments if one.tool)

    def reference(self) -> tuple[int, int, int]:
        """(autograded questions, those that nbgrader passes, those that hwlib passes)."""
        questions = [question for one in self.assignments for question in one.questions]
        return (
            len(questions),
            sum(question.in_nbgrader for question in questions),
            sum(bool(question.isolated) for question in questions),
        )

    def closing(self) -> str:
        """The last line: what the course's own solution gets in both engines."""
        every, nbgrader, isolated = self.reference()
        return f"reference: nbgrader {nbgrader}/{every}, hwlib {isolated}/{every}"

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for --json."""
        every, nbgrader, isolated = self.reference()
        return {
            "reference": {"questions": every, "nbgrader": nbgrader, "hwlib": isolated},
            "decisions": self.decisions,
            "course": list(self.about_course),
            "assignments": [_plain(one) for one in self.assignments],
        }


def _plain(report: AssignmentReport) -> dict[str, Any]:
    return {
        "slug": report.slug,
        "source": report.source,
        "tool": report.tool,
        "decisions": report.decisions,
        "seconds": {key: round(value, 2) for key, value in report.seconds.items()},
        "notes": [asdict(note) for note in report.notes],
        "cells": [
            {
                "place": cell.place,
                "grade_id": cell.grade_id,
                "role": cell.role,
                "name": cell.name,
                "status": cell.status,
                "notes": [asdict(note) for note in cell.notes],
            }
            for cell in report.cells
        ],
        "questions": [
            {**asdict(question), "in_nbgrader": question.in_nbgrader}
            for question in report.questions
        ],
    }


def _where(cell: CellReport) -> str:
    name = cell.name or cell.grade_id
    return f"{cell.place} ({name}): " if name else f"{cell.place}: "


def _shown(where: str, note: Note) -> str:
    remedy = f"; {note.remedy}" if note.remedy else ""
    return f"  {_WORDS[note.kind]}: {where}{note.text}{remedy}"


def cells_of(drafts: Sequence[Draft]) -> tuple[CellReport, ...]:
    """The reports on all cells."""
    return tuple(CellReport.of(draft) for draft in drafts)
