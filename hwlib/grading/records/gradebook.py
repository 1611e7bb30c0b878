"""Writes nbgrader's gradebook: one transaction for each submission, and no human grade is lost.

The tables are nbgrader's own, filled as `generate_assignment` and `autograde` fill them, so the
formgrader, `generate_feedback` and `export` work with them. There are two differences. The scores
come from a `SubmissionResult` and not from the outputs of cells. And a question that a human has
graded needs another look only if the answer or the automatic score has changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar
from uuid import uuid4

import sqlalchemy as sa
from nbformat import NotebookNode
from sqlalchemy.exc import IntegrityError, OperationalError

from hwlib.atomic import remove_folder
from hwlib.errors import GradingError, SubmissionError
from hwlib.grading.answer_key import load_key
from hwlib.grading.course import Assignment
from hwlib.grading.records.autograded import (
    complete_notebook,
    content_of,
    graded_cells,
    is_unchanged,
    load_templates,
    names_of,
    placeholder,
    write_notebooks,
)
from hwlib.grading.records.database import (
    gradebook_url,
    only_writer,
    open_engine,
    said_by,
    shown,
)
from hwlib.grading.records.feedback import groups
from hwlib.grading.records.gradebook_rows import (
    ASSIGNMENT,
    COMMENT,
    GRADE,
    STUDENT,
    SUBMITTED,
    SUBMITTED_NOTEBOOK,
    AssignmentRows,
    create_database,
    drop_stray_course,
    find_or_insert,
    load_nbgrader_config,
    sync_assignment,
)
from hwlib.grading.records.late_rules import LatePenalties
from hwlib.grading.records.marks import (
    GradebookView,
    HandIn,
    Mark,
    hand_in_of,
    read_hand_ins,
    read_marks,
    view_of,
    with_marks,
)
from hwlib.grading.records.times import parse_time
from hwlib.grading.results import SubmissionResult, SubmissionStatus
from hwlib.grading.submissions.reading import read_submission
from hwlib.grading.texts import for_markdown

__all__ = ["GradeStore", "Written"]

# tries of a transaction while another program holds the database; its work can't be counted, and
# no result is lost: the next run records it
ATTEMPTS = 5
T = TypeVar("T")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Graded:
    """A graded submission that is to be written to the gradebook."""

    result: SubmissionResult
    cells: Mapping[str, NotebookNode]  # grade id → cell of the completed notebook
    rejected: bool
    names: Mapping[str, str]  # grade id → question or solution
    absent: bool = False  # it is one of several notebooks, and was not handed in

    def automatic(self, grade_id: str) -> float | None:
        """The automatic points, or None if a human has to look.

        As in nbgrader, an answer that is as released gets 0 points; so does an empty one. A human
        always looks for what was done for a task: it may be in any cell.
        """
        if self.rejected or self.absent:
            return 0.0
        cell = self.cells[grade_id]
        if cell.metadata.nbgrader.get("task"):
            return None
        if cell.metadata.nbgrader.get("solution") or cell.cell_type != "code":
            return 0.0 if is_unchanged(cell) or not cell.source.strip() else None
        question = self.result.question(self.names[grade_id])
        return None if question.status == "manual" else question.points

    def comment(self, grade_id: str, first: bool) -> str | None:
        """nbgrader's automatic comment.

        If the submission was rejected, the comment on the first cell gives the reason. nbgrader's
        feedback shows comments as Markdown.
        """
        if self.rejected:
            return (
                "This submission could not be read: "
                + "; ".join(map(for_markdown, self.result.problems))
                if first
                else None
            )
        cell = self.cells[grade_id]
        return (
            "No response."
            if (is_unchanged(cell) or not cell.source.strip())
            and not cell.metadata.nbgrader.get("task")
            else None
        )


@dataclass(frozen=True, slots=True)
class Written:
    """What the gradebook has of a submission that was just written."""

    result: SubmissionResult  # with the points that humans gave
    marks: Mapping[str, Mark]  # by question
    comments: Mapping[str, str]  # that humans wrote, by solution or written answer
    hand_in: HandIn


class GradeStore:
    """The gradebook and the autograded folders of one assignment.

    Call `prepare` once, then `write` for each submission.

    Parameters
    ----------
    assignment : Assignment
        An assignment that has been built.
    output : Path
        The folder for autograded/ and, without `db_url`, gradebook.db.
    db_url : str, optional
        The database's URL in the form that SQLAlchemy uses, e.g. ``postgresql://…``.
    """

    def __init__(self, assignment: Assignment, output: Path, db_url: str | None = None) -> None:
        self.assignment, self.output = assignment, output.resolve()
        self.config = load_nbgrader_config(assignment.course)
        self.db_url = gradebook_url(self.config, assignment.course.root, self.output, db_url)
        self.templates = load_templates(assignment, self.config)
        self._names = {name: names_of(template) for name, template in self.templates.items()}
        self._most = {
            self._names[name][grade_id]: float(cell.metadata.nbgrader.points)
            for name, template in self.templates.items()
            for grade_id, cell in graded_cells(template).items()
            if cell.metadata.nbgrader.grade and grade_id in self._names[name]
        }
        create_database(self.db_url)
        self._engine = open_engine(self.db_url)
        self._writing = ExitStack()
        self.late = LatePenalties(assignment, self.config, self._names)
        self._rows: AssignmentRows | None = None

    def _points(self, question: str, mark: Mark) -> float:
        """What a question counts, as in the score: a human's points may be above a maximum that was
        lowered since.
        """
        most = self._most.get(question, mark.points)
        counted = mark.points if mark.by_hand is None else min(max(0.0, mark.points), most)
        return counted + mark.extra

    @cached_property
    def _solutions(self) -> dict[str, list[str]]:
        """Grade id of a test → those of the solutions that it is about."""
        return {
            one.grade_id: [cell.grade_id for cell in group if cell.role == "solution"]
            for group in groups(load_key(self.assignment))
            for one in group
            if one.role == "test"
        }

    def _is_unseen(
        self, grade_id: str, seen: Mapping[str, str], cells: Mapping[str, NotebookNode]
    ) -> bool:
        """Whether an answer is another one than when a human last saw it. What a test is about is
        not its own cell, which is given.
        """
        if (about := self._solutions.get(grade_id)) is None:
            return seen.get(grade_id) != content_of(cells[grade_id])
        known = [one for one in about if one in seen and one in cells]
        return any(seen[one] != content_of(cells[one]) for one in known)

    @property
    def template(self) -> NotebookNode:
        """The source notebook of an assignment that has only one, as nbgrader keeps it."""
        (template,) = self.templates.values()
        return template

    def __enter__(self) -> GradeStore:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database. Do not use the store afterwards."""
        self._writing.close()
        self._engine.dispose()

    def prepare(self) -> None:
        """Update the assignment's rows from its source notebooks.

        The grades of all questions that still exist are kept. So are the due date and extensions,
        unless course.toml names others.

        Raises
        ------
        GradingError
            If a question that a human graded is gone from the source notebook.
        RecordingError
            If another `hw grade` is at work on the same.
        """
        if self._rows is None:
            self._writing.enter_context(only_writer(self._engine, self.assignment.slug))
        course_id = self.config.CourseDirectory.course_id
        slug = self.assignment.slug
        schedule = self.assignment.course.schedule
        due, more = schedule.due.get(slug), schedule.extensions.get(slug, {})
        self._rows = self._transaction(
            lambda db: sync_assignment(db, self.templates, slug, course_id, due, more)
        )
        # left by a run that was killed
        for leftover in self.output.glob(f"autograded/*/.{slug}.new"):
            remove_folder(leftover)

    def tidy(self) -> None:
        """Remove the stray row `default_course` after nbgrader's own code has used the database."""
        course_id = self.config.CourseDirectory.course_id
        self._transaction(lambda db: drop_stray_course(db, course_id))

    def write(
        self,
        result: SubmissionResult,
        notebook: NotebookNode | None,
        timestamp: str | datetime | None,
        *,
        folder: Path | None = None,
        only: frozenset[str] | None = None,
        several: Mapping[str, NotebookNode | None] | None = None,
    ) -> Written:
        """Record one submission: its rows in one transaction, then its autograded folder.

        A rejected submission gets 0 points, and each question is marked for grading by hand, with
        the reason as a comment. So a human sees it before the zero counts.

        Parameters
        ----------
        result : SubmissionResult
            The engine's result, with automatic points only.
        notebook : NotebookNode or None
            The student's notebook as it was graded. None if it could not be read; a placeholder
            then gives the reason.
        timestamp : str, datetime or None
            Time of the hand-in, in any form that nbgrader reads.
        folder : Path, optional
            The submission's folder. Its other files are copied next to the notebook.
        only : frozenset of str, optional
            Names of the files in it that may be copied. The default is all.
        several : mapping, optional
            For an assignment with several notebooks: each of them by its name, as `notebook`.

        Returns
        -------
        Written
            Its result has the points that humans gave, and a status that takes them into account.
        """
        when, problems = parse_time(timestamp)
        completed, graded = dict[str, NotebookNode](), dict[str, _Graded]()
        for name, template in self.templates.items():
            own = several.get(name) if several else notebook
            whole = (
                placeholder(template, result.problems)
                if own is None
                else complete_notebook(own, template, result)
            )
            completed[name] = whole
            unread = own is None and (not several or _waits(result, self._names[name].values()))
            absent = own is None and not unread
            cells = graded_cells(whole)
            graded[name] = _Graded(result, cells, unread, self._names[name], absent)
        target = self._autograded(result.student)
        marks, comments, hand_in = self._transaction(lambda db: self._record(db, graded, when))
        beside = self.assignment.source.parent
        keep = self.assignment.student_files
        problems += write_notebooks(target, completed, folder, only, beside, keep)
        rejected = all(one.rejected for one in graded.values())
        status: SubmissionStatus = "rejected" if rejected else "graded"
        every = tuple(dict.fromkeys((*result.problems, *problems)))
        told = replace(result, problems=every, status=status)
        return Written(with_marks(told, marks, hand_in.penalty), marks, comments, hand_in)

    def students(self) -> set[str]:
        """Ids of the students with a recorded submission of this assignment."""
        query = (
            sa.select(SUBMITTED.c.student_id)
            .join(SUBMITTED_NOTEBOOK, SUBMITTED_NOTEBOOK.c.assignment_id == SUBMITTED.c.id)
            .where(self._is_ours)
        )
        return {student for (student,) in self._all(query)}

    def marks(self, student: str) -> dict[str, Mark]:
        """Question id → marks of one student; empty if there is no submission."""
        slug = self.assignment.slug
        return read_marks(self._all, slug, self._names, student).get(student, {})

    def view(self) -> GradebookView:
        """Marks, comments and times of the whole class."""
        return view_of(self._all, self.assignment.slug, self._names)

    def human_grades(self, student: str) -> dict[str, float]:
        """Question id → score that a human gave, for questions that a human graded."""
        return {
            name: mark.by_hand
            for name, mark in self.marks(student).items()
            if mark.by_hand is not None
        }

    def hand_in(self, student: str) -> HandIn:
        """When a student handed in, and the late penalty."""
        return read_hand_ins(self._all, self.assignment.slug, student).get(student, HandIn())

    def late_penalty(self, student: str) -> float:
        """Points that were deducted because the submission was late."""
        return self.hand_in(student).penalty

    def update_penalty(self, student: str) -> float:
        """Compute the late penalty again, after a human has changed a score, an extension or the
        due date; returns it.
        """
        late_s, marks = self.hand_in(student).late_s, self.marks(student)
        mine = sa.select(SUBMITTED.c.id).where(
            SUBMITTED.c.student_id == student, SUBMITTED.c.assignment_id == self._ids.assignment
        )
        total = 0.0
        for name, rows in self._ids.notebooks.items():
            names = set(self._names[name].values())
            score = sum(
                self._points(question, mark)
                for question, mark in marks.items()
                if question in names
            )
            penalty = self.late.of_notebook(student, score, late_s)
            statement = (
                sa.update(SUBMITTED_NOTEBOOK)
                .where(
                    SUBMITTED_NOTEBOOK.c.assignment_id.in_(mine),
                    SUBMITTED_NOTEBOOK.c.notebook_id == rows.notebook,
                )
                .values(late_submission_penalty=penalty)
            )
            self._transaction(lambda db, statement=statement: db.execute(statement))  # type: ignore[misc]
            total += penalty or 0.0
        return total

    def record_missing(self, student: str, questions: Iterable[str]) -> None:
        """Give 0 automatic points for questions that a submission lacks.

        nbgrader would leave the old score.
        """
        self._set_automatic(
            student, questions, auto_score=0.0, needs_manual_grade=GRADE.c.manual_score.is_not(None)
        )

    def record_waiting(self, student: str, questions: Iterable[str]) -> None:
        """Remove the automatic 0 of questions that this machine could not decide.

        A human has to grade them.
        """
        self._set_automatic(student, questions, auto_score=None, needs_manual_grade=True)

    def _set_automatic(self, student: str, questions: Iterable[str], **values: Any) -> None:
        wanted = set(questions)
        if not wanted:
            return
        ids = [
            cell_id
            for name, rows in self._ids.notebooks.items()
            for (cell_class, grade_id), cell_id in rows.cells.items()
            if cell_class != "SolutionCell" and self._names[name][grade_id] in wanted
        ]
        submitted = (
            sa.select(SUBMITTED_NOTEBOOK.c.id)
            .join(SUBMITTED, SUBMITTED.c.id == SUBMITTED_NOTEBOOK.c.assignment_id)
            .where(SUBMITTED.c.student_id == student, self._is_ours)
        )
        statement = sa.update(GRADE).where(
            GRADE.c.cell_id.in_(ids), GRADE.c.notebook_id.in_(submitted)
        )
        self._transaction(lambda db: db.execute(statement.values(**values)))

    @property
    def _ids(self) -> AssignmentRows:
        if self._rows is None:
            raise GradingError("GradeStore: call prepare() once before the first submission")
        return self._rows

    @property
    def _is_ours(self) -> sa.ColumnElement[bool]:
        """Whether a submitted notebook is one of this assignment's."""
        ids = [rows.notebook for rows in self._ids.notebooks.values()]
        return SUBMITTED_NOTEBOOK.c.notebook_id.in_(ids)

    def _autograded(self, student: str) -> Path:
        if student in ("", ".", "..") or "/" in student or "\0" in student:
            raise GradingError(
                f"{student!r} cannot be a student's id, because it cannot be the name of a folder; "
                "rename the student's folder"
            )
        return self.output / "autograded" / student / self.assignment.slug

    def _transaction(self, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` in a transaction, and try again if another program uses the database."""
        for attempt in range(ATTEMPTS):
            try:
                with self._engine.begin() as db:
                    return work(db)
            except (IntegrityError, OperationalError) as error:
                if attempt == ATTEMPTS - 1:
                    raise GradingError(f"{shown(self.db_url)}: {said_by(error)}") from error
                time.sleep(0.1 * 2**attempt)
        raise AssertionError("unreachable")

    def _all(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        return self._transaction(lambda db: db.execute(query).all())

    def _record(
        self, db: sa.Connection, graded: Mapping[str, _Graded], when: datetime | None
    ) -> tuple[dict[str, Mark], dict[str, str], HandIn]:
        """Write the rows of all notebooks of a submission; returns question → mark, solution or
        answer → comment of a human, and the hand-in.
        """
        student = next(one.result.student for one in graded.values())
        assignment, hand_in = self._submitted(db, student, when)
        found: dict[str, Mark] = {}
        comments: dict[str, str] = {}
        total = 0.0
        for name, one in graded.items():
            rows = self._ids.notebooks[name]
            identity = {"assignment_id": assignment, "notebook_id": rows.notebook}
            submitted = find_or_insert(db, SUBMITTED_NOTEBOOK, identity, {"flagged": False})
            written = self._write_grades(db, one, submitted, name)
            marks = {one.names[grade_id]: _mark(row) for grade_id, row in written.items()}
            comments |= self._write_comments(db, one, submitted, name)
            score = sum(self._points(question, mark) for question, mark in marks.items())
            penalty = self.late.of_notebook(student, score, hand_in.late_s)
            db.execute(
                sa.update(SUBMITTED_NOTEBOOK)
                .where(SUBMITTED_NOTEBOOK.c.id == submitted)
                .values(late_submission_penalty=penalty)
            )
            found |= marks
            total += penalty or 0.0
        return found, comments, replace(hand_in, penalty=total)

    def _submitted(
        self, db: sa.Connection, student: str, when: datetime | None
    ) -> tuple[str, HandIn]:
        """Id of the submission's row, which is added if missing, and its times."""
        if db.execute(sa.select(STUDENT.c.id).where(STUDENT.c.id == student)).first() is None:
            db.execute(sa.insert(STUDENT), {"id": student})
        identity = {"assignment_id": self._ids.assignment, "student_id": student}
        submitted = find_or_insert(db, SUBMITTED, identity, {})
        if when is not None:  # without a timestamp the old one is kept, as in nbgrader
            db.execute(
                sa.update(SUBMITTED).where(SUBMITTED.c.id == submitted).values(timestamp=when)
            )
        _, extension = self.assignment.course.schedule.of(self.assignment.slug, student)
        if extension is not None:
            db.execute(
                sa.update(SUBMITTED).where(SUBMITTED.c.id == submitted).values(extension=extension)
            )
        row = db.execute(
            sa.select(SUBMITTED.c.timestamp, SUBMITTED.c.extension, ASSIGNMENT.c.duedate)
            .join(ASSIGNMENT, ASSIGNMENT.c.id == SUBMITTED.c.assignment_id)
            .where(SUBMITTED.c.id == submitted)
        ).one()
        return submitted, hand_in_of(row)

    def _write_grades(
        self, db: sa.Connection, graded: _Graded, submitted: str, name: str
    ) -> dict[str, Row]:
        """Write the points of one notebook; returns grade id → mark."""
        before = _rows_by_cell(db, GRADE, submitted)
        by_hand = any(row["manual_score"] is not None for row in before.values())
        seen = self._answers_before(graded.result.student, name) if by_hand else {}
        marks: dict[str, Row] = {}
        added: list[Row] = []
        changed: list[Row] = []
        for (cell_class, grade_id), cell_id in self._ids.notebooks[name].cells.items():
            if cell_class == "SolutionCell":
                continue
            blank: Row = {
                "id": uuid4().hex,
                "cell_id": cell_id,
                "notebook_id": submitted,
                "auto_score": None,
                "manual_score": None,
                "extra_credit": None,
                "needs_manual_grade": True,
            }
            old = before.get(cell_id, blank)
            automatic = graded.automatic(grade_id)
            unseen = bool(by_hand) and self._is_unseen(grade_id, seen, graded.cells)
            look = graded.rejected or _needs_look(old, automatic, unseen)
            marks[grade_id] = {**old, "auto_score": automatic, "needs_manual_grade": look}
            (changed if cell_id in before else added).append(marks[grade_id])
        if added:
            db.execute(sa.insert(GRADE), added)
        _update(db, GRADE, changed, before, ("auto_score", "needs_manual_grade"))
        return marks

    def _write_comments(
        self, db: sa.Connection, graded: _Graded, submitted: str, name: str
    ) -> dict[str, str]:
        """Write the automatic comments of one notebook; returns those that humans wrote, by the
        names of the cells.
        """
        before = _rows_by_cell(db, COMMENT, submitted)
        added: list[Row] = []
        changed: list[Row] = []
        for (cell_class, grade_id), cell_id in self._ids.notebooks[name].cells.items():
            if cell_class == "GradeCell":
                continue
            blank = {"id": uuid4().hex, "cell_id": cell_id, "notebook_id": submitted}
            comment = graded.comment(grade_id, first=not added and not changed)
            row = {**before.get(cell_id, blank), "auto_comment": comment}
            (changed if cell_id in before else added).append(row)
        if added:
            db.execute(sa.insert(COMMENT), added)
        _update(db, COMMENT, changed, before, ("auto_comment",))
        return {
            graded.names[grade_id]: before[cell_id]["manual_comment"]
            for (_, grade_id), cell_id in self._ids.notebooks[name].cells.items()
            if cell_id in before and before[cell_id]["manual_comment"]
        }

    def _answers_before(self, student: str, name: str) -> dict[str, str]:
        """Cells that a human may have graded: those of the old autograded notebook, which `write`
        is about to replace.
        """
        path = self._autograded(student) / f"{name}.ipynb"
        others = [*path.parent.glob("*.ipynb")]
        if len(self.templates) == len(others) == 1:  # of an imported course, it has its old name
            (path,) = others
        try:
            return {
                grade_id: content_of(cell)
                for grade_id, cell in graded_cells(read_submission(path)).items()
            }
        except SubmissionError:
            return {}


def _rows_by_cell(db: sa.Connection, table: sa.Table, submitted: str) -> dict[str, Row]:
    # a human who enters a grade meanwhile waits until this transaction is over
    query = sa.select(table).where(table.c.notebook_id == submitted).with_for_update()
    rows = db.execute(query).mappings()
    return {row["cell_id"]: dict(row) for row in rows}


def _update(
    db: sa.Connection,
    table: sa.Table,
    rows: list[Row],
    before: Mapping[str, Row],
    columns: tuple[str, ...],
) -> None:
    """Write these columns of the rows that differ from those in the table."""
    changed = [
        {"row_id": row["id"], **{f"new_{name}": row[name] for name in columns}}
        for row in rows
        if row != before[row["cell_id"]]
    ]
    if changed:
        values: Row = {name: sa.bindparam(f"new_{name}") for name in columns}
        db.execute(
            sa.update(table).where(table.c.id == sa.bindparam("row_id")).values(values), changed
        )


def _needs_look(old: Row, automatic: float | None, unseen: bool) -> bool:
    """Whether a human has to look: there is no automatic score, or there was a change since a human
    graded.
    """
    if old["manual_score"] is None:
        return automatic is None
    if automatic is None or old["auto_score"] is None:
        return bool(old["needs_manual_grade"] or unseen)
    return bool(old["needs_manual_grade"] or unseen or automatic != old["auto_score"])


def _waits(result: SubmissionResult, names: Iterable[str]) -> bool:
    """Whether a human shall look at some of these questions, or at the whole submission."""
    wanted = set(names)
    return result.status == "rejected" or any(
        one.status == "manual" for one in result.questions if one.id in wanted
    )


def _mark(row: Row) -> Mark:
    return Mark(
        row["auto_score"],
        row["manual_score"],
        bool(row["needs_manual_grade"]),
        float(row["extra_credit"] or 0.0),
    )
