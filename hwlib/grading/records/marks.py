"""Reads the gradebook: the marks, comments and times of a class, each with one query.

`with_marks` makes the score of a submission from its result and its marks. Tables, JSON, feedback,
reports and exports all use it, so each of them says the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hwlib.errors import GradingError
from hwlib.grading.answer_key import AnswerKey, load_key
from hwlib.grading.cells import question_of
from hwlib.grading.course import Assignment
from hwlib.grading.records.database import said_by, shown
from hwlib.grading.records.gradebook_rows import (
    ASSIGNMENT,
    BASE_CELL,
    COMMENT,
    GRADE,
    NOTEBOOK,
    SUBMITTED,
    SUBMITTED_NOTEBOOK,
    engine_of,
)
from hwlib.grading.results import QuestionResult, SubmissionResult, SubmissionStatus

__all__ = [
    "GradebookView",
    "HandIn",
    "Mark",
    "Names",
    "hand_in_of",
    "name_of",
    "names_in",
    "read_comments",
    "read_hand_ins",
    "read_marks",
    "recorded_marks",
    "recorded_view",
    "view_of",
    "with_marks",
    "with_points_by_hand",
]


@dataclass(frozen=True, slots=True)
class Mark:
    """The gradebook's marks for one question of one student."""

    automatic: float | None
    by_hand: float | None
    needs_look: bool
    extra: float = 0.0  # points that a human added beyond the question's own

    @property
    def points(self) -> float:
        """The points that count: those of a human, where there are some."""
        return (self.automatic if self.by_hand is None else self.by_hand) or 0.0


@dataclass(frozen=True, slots=True)
class HandIn:
    """When one student handed in, and what that costs."""

    handed_in: datetime | None = None  # in UTC, without a time zone, as nbgrader keeps it
    late_s: float = 0.0  # seconds after the due date and the student's extension
    penalty: float = 0.0  # points
    until: datetime | None = None  # the student's deadline, with an extension


@dataclass(frozen=True, slots=True)
class GradebookView:
    """What the gradebook has of one assignment, by student."""

    marks: Mapping[str, Mapping[str, Mark]] = field(default_factory=dict)
    comments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    hand_ins: Mapping[str, HandIn] = field(default_factory=dict)
    due: datetime | None = None


Names = Mapping[str, Mapping[str, str]]
"""Name of a notebook → grade id → question, solution or written answer."""


def names_in(key: AnswerKey) -> Names:
    """The names of the cells of an assignment that nbgrader knows."""
    names: dict[str, dict[str, str]] = {}
    for cell in key.cells:
        if cell.grade_id:
            names.setdefault(cell.notebook or key.slug, {})[cell.grade_id] = cell.name
    return names


def name_of(row: sa.Row[Any], names: Names) -> str:
    """The name of a row's cell; one that is gone has the name that its id tells."""
    return names.get(row.notebook, {}).get(row.name, question_of(row.name))


def late_by(handed_in: datetime | None, due: datetime | None, extension: timedelta | None) -> float:
    """Seconds by which a hand-in is late; 0 if it is not, or if nobody knows."""
    if handed_in is None or due is None:
        return 0.0
    return max(0.0, (handed_in - due - (extension or timedelta())).total_seconds())


# ---- the score -----------------------------------------------------------------------------------


def with_marks(
    result: SubmissionResult, marks: Mapping[str, Mark], penalty: float = 0.0
) -> SubmissionResult:
    """The result with what humans gave, with a late penalty, and with the status that follows."""
    waiting = any(mark.needs_look for mark in marks.values())
    status: SubmissionStatus = (
        result.status if result.status == "rejected" else "needs_manual" if waiting else "graded"
    )
    counted = with_points_by_hand(marks, result, penalty)
    return replace(counted, status=status) if marks else counted


def with_points_by_hand(
    marks: Mapping[str, Mark], result: SubmissionResult, penalty: float = 0.0
) -> SubmissionResult:
    """The same for a result that is not in the gradebook: its status stays.

    Points by hand are between 0 and the question's, as in the formgrader. The penalty is at most
    the score.
    """
    questions = tuple(
        _by_hand(one, given, mark.needs_look)
        if (mark := marks.get(one.id)) is not None and (given := mark.by_hand) is not None
        else one
        for one in result.questions
    )
    extra = sum(mark.extra for mark in marks.values())
    counted = replace(result, questions=questions, extra_credit=extra, late_penalty=0.0)
    return replace(counted, late_penalty=min(penalty, counted.score)) if penalty else counted


def _by_hand(question: QuestionResult, points: float, waits: bool) -> QuestionResult:
    """A question with a human's points; that a human will grade it is no longer said."""
    decided = question.status == "manual" and not waits
    return replace(
        question,
        points=min(max(0.0, points), question.max_points),
        message="" if decided else question.message,
    )


# ---- queries -------------------------------------------------------------------------------------

Read = Callable[[sa.Select[Any]], Iterable[sa.Row[Any]]]
"""Gives the rows of a query."""


def of_cells(table: sa.Table, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """The rows of `table` (grades or comments), each with student, cell and these columns."""
    return (
        sa.select(
            SUBMITTED.c.student_id,
            BASE_CELL.c.name,
            NOTEBOOK.c.name.label("notebook"),
            *columns,
        )
        .select_from(table)
        .join(BASE_CELL, BASE_CELL.c.id == table.c.cell_id)
        .join(NOTEBOOK, NOTEBOOK.c.id == BASE_CELL.c.notebook_id)
        .join(SUBMITTED_NOTEBOOK, SUBMITTED_NOTEBOOK.c.id == table.c.notebook_id)
        .join(SUBMITTED, SUBMITTED.c.id == SUBMITTED_NOTEBOOK.c.assignment_id)
        .join(ASSIGNMENT, ASSIGNMENT.c.id == SUBMITTED.c.assignment_id)
    )


def read_marks(
    read: Read, slug: str, names: Names, student: str | None = None
) -> dict[str, dict[str, Mark]]:
    """Student → question id → mark."""
    columns = (
        GRADE.c.auto_score,
        GRADE.c.manual_score,
        GRADE.c.needs_manual_grade,
        GRADE.c.extra_credit,
    )
    found: dict[str, dict[str, Mark]] = {}
    for row in read(_of(of_cells(GRADE, *columns), slug, student)):
        found.setdefault(row.student_id, {})[name_of(row, names)] = Mark(
            row.auto_score,
            row.manual_score,
            bool(row.needs_manual_grade),
            float(row.extra_credit or 0.0),
        )
    return found


def read_comments(read: Read, slug: str, names: Names) -> dict[str, dict[str, str]]:
    """Student → name of a solution or written answer → comment that a human wrote on it."""
    found: dict[str, dict[str, str]] = {}
    for row in read(_of(of_cells(COMMENT, COMMENT.c.manual_comment), slug, None)):
        if row.manual_comment:
            found.setdefault(row.student_id, {})[name_of(row, names)] = row.manual_comment
    return found


def read_hand_ins(read: Read, slug: str, student: str | None = None) -> dict[str, HandIn]:
    """Student → when the hand-in came, and its late penalty."""
    query = (
        sa.select(
            SUBMITTED.c.student_id,
            SUBMITTED.c.timestamp,
            SUBMITTED.c.extension,
            ASSIGNMENT.c.duedate,
            SUBMITTED_NOTEBOOK.c.late_submission_penalty,
        )
        .select_from(SUBMITTED_NOTEBOOK)
        .join(SUBMITTED, SUBMITTED.c.id == SUBMITTED_NOTEBOOK.c.assignment_id)
        .join(ASSIGNMENT, ASSIGNMENT.c.id == SUBMITTED.c.assignment_id)
    )
    found: dict[str, HandIn] = {}
    for row in read(_of(query, slug, student)):
        before = found.get(row.student_id, HandIn())
        penalty = before.penalty + float(row.late_submission_penalty or 0.0)
        found[row.student_id] = replace(hand_in_of(row), penalty=penalty)
    return found


def hand_in_of(row: Any) -> HandIn:
    """The times of a row with `timestamp`, `duedate` and `extension`."""
    return HandIn(
        row.timestamp,
        late_by(row.timestamp, row.duedate, row.extension),
        until=row.duedate + (row.extension or timedelta()) if row.duedate else None,
    )


def read_due(read: Read, slug: str) -> datetime | None:
    """The due date of the assignment."""
    rows = list(read(sa.select(ASSIGNMENT.c.duedate).where(ASSIGNMENT.c.name == slug)))
    due: datetime | None = rows[0].duedate if rows else None
    return due


def _of(query: sa.Select[Any], slug: str, student: str | None) -> sa.Select[Any]:
    query = query.where(ASSIGNMENT.c.name == slug)
    return query if student is None else query.where(SUBMITTED.c.student_id == student)


def view_of(read: Read, slug: str, names: Names) -> GradebookView:
    """All of it."""
    return GradebookView(
        read_marks(read, slug, names),
        read_comments(read, slug, names),
        read_hand_ins(read, slug),
        read_due(read, slug),
    )


def recorded_view(
    assignment: Assignment, output: Path, db_url: str | None = None
) -> GradebookView | None:
    """What a gradebook has, without changing it; None if there is none.

    Raises
    ------
    GradingError
        If the gradebook can't be read.
    """
    engine = engine_of(assignment, output, db_url, writes=False)
    if engine is None:
        return None
    try:
        with engine.connect() as db:
            if not sa.inspect(db).has_table(GRADE.name):
                return None
            names = names_in(load_key(assignment))
            return view_of(lambda query: db.execute(query).all(), assignment.slug, names)
    except sa.exc.DBAPIError as error:
        raise GradingError(f"{shown(engine.url)}: {said_by(error)}") from error
    finally:
        engine.dispose()


def recorded_marks(
    assignment: Assignment, output: Path, db_url: str | None = None
) -> Mapping[str, Mapping[str, Mark]]:
    """Student → question id → mark, from a gradebook that is only read; empty if there is none."""
    view = recorded_view(assignment, output, db_url)
    return {} if view is None else view.marks
