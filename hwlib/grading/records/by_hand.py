"""Writes what humans give into the gradebook: points and comments, all of them or none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from hwlib.errors import GradingError
from hwlib.grading.answer_key import load_key
from hwlib.grading.course import Assignment
from hwlib.grading.records.database import said_by, shown
from hwlib.grading.records.gradebook_rows import ASSIGNMENT, COMMENT, GRADE, SUBMITTED, engine_of
from hwlib.grading.records.marks import Names, name_of, names_in, of_cells

__all__ = ["Given", "give"]


@dataclass(frozen=True, slots=True)
class Given:
    """Points and a comment that a human gives one student for one question.

    They are written only if the gradebook still has `points_before` and `comment_before`.
    """

    student: str
    question: str
    comment_on: str  # the solution or written answer that the comment is about
    points: float | None  # None: the points stay as they are
    comment: str | None  # None: the comment stays as it is
    points_before: float | None
    comment_before: str


def give(
    assignment: Assignment, output: Path, given: Iterable[Given], db_url: str | None = None
) -> list[Given]:
    """Write to the gradebook in one transaction; returns what was not written, because another
    human has written something else meanwhile.

    Raises
    ------
    GradingError
        If the gradebook can't be written.
    """
    names = names_in(load_key(assignment))
    engine = engine_of(assignment, output, db_url, writes=True)
    if engine is None:
        raise GradingError(
            f"{output / 'gradebook.db'}: there is no gradebook; run `hw grade {assignment.slug}` "
            "first"
        )
    try:
        with engine.begin() as db:
            return [one for one in given if not _write(db, assignment.slug, names, one)]
    except sa.exc.DBAPIError as error:
        raise GradingError(f"{shown(engine.url)}: {said_by(error)}") from error
    finally:
        engine.dispose()


def _write(db: sa.Connection, slug: str, names: Names, one: Given) -> bool:
    """Whether the gradebook was as the human saw it, so that it was written."""
    grades = _rows(db, GRADE, slug, names, one.student, one.question, GRADE.c.manual_score)
    comments = _rows(
        db, COMMENT, slug, names, one.student, one.comment_on, COMMENT.c.manual_comment
    )
    if not grades or any(row.manual_score != one.points_before for row in grades):
        return False
    if any((row.manual_comment or "") != one.comment_before for row in comments):
        return False
    if one.points is not None:
        db.execute(
            sa.update(GRADE)
            .where(GRADE.c.id.in_([row.id for row in grades]))
            .values(manual_score=one.points, needs_manual_grade=False)
        )
    if one.comment is not None and comments:
        db.execute(
            sa.update(COMMENT)
            .where(COMMENT.c.id.in_([row.id for row in comments]))
            .values(manual_comment=one.comment)
        )
    return True


def _rows(
    db: sa.Connection,
    table: sa.Table,
    slug: str,
    names: Names,
    student: str,
    name: str,
    column: sa.ColumnElement[object],
) -> Sequence[sa.Row[tuple[object, ...]]]:
    query = (
        of_cells(table, table.c.id, column)
        .where(ASSIGNMENT.c.name == slug, SUBMITTED.c.student_id == student)
        .with_for_update(of=table)  # nobody may change what is compared with
    )
    return [row for row in db.execute(query) if name_of(row, names) == name]
