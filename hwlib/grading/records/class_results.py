"""Reads what is recorded of a class: the newest result of each student, as it counts now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hwlib.errors import CourseError
from hwlib.grading.answer_key import AnswerKey, load_key
from hwlib.grading.course import Assignment
from hwlib.grading.deadlines import Schedule
from hwlib.grading.records.database import shown
from hwlib.grading.records.gradebook_rows import load_nbgrader_config
from hwlib.grading.records.history import Entry, History
from hwlib.grading.records.late_rules import LatePenalties
from hwlib.grading.records.marks import (
    GradebookView,
    HandIn,
    Mark,
    names_in,
    recorded_view,
    with_marks,
)
from hwlib.grading.results import QuestionResult, QuestionStatus, SubmissionResult
from hwlib.grading.submissions.fingerprints import models_of, name_twins

__all__ = ["ClassResults", "Recorded", "class_results"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One submission as it counts now."""

    result: SubmissionResult  # with points by hand, extra credit and the late penalty
    entry: Entry | None  # None: this gradebook was filled by another program
    handed_in: datetime | None = None  # UTC
    late_s: float = 0.0  # 0 within the grace minutes
    by_hand: frozenset[str] = frozenset()  # questions that a human has graded
    twins: tuple[str, ...] = ()  # values that other students have, too


@dataclass(frozen=True, slots=True)
class ClassResults:
    """All submissions of one assignment, in order of the students' ids."""

    assignment: Assignment
    key: AnswerKey
    submissions: tuple[Recorded, ...]
    due: datetime | None = None

    @property
    def max_score(self) -> float:
        """The points that the assignment is worth now."""
        return self.key.max_score


def class_results(assignment: Assignment, output: Path, db_url: str | None = None) -> ClassResults:
    """Read the gradebook and the newest result of each student in it. Nothing is changed.

    Parameters
    ----------
    assignment : Assignment
    output : Path
        The folder with gradebook.db and .hw/, as for `hw grade`.
    db_url : str, optional
        Another gradebook.

    Raises
    ------
    CourseError
        If nobody's submission is graded.
    GradingError
        If the gradebook can't be read.
    """
    key = load_key(assignment)
    view = recorded_view(assignment, output, db_url)
    if view is None or not view.marks:
        where = shown(db_url) if db_url else output / "gradebook.db"
        raise CourseError(
            f"{where}: no submission of {assignment.slug} is graded; "
            f"run `hw grade {assignment.slug}` first, or name the folder of the records with "
            "--output"
        )
    history = History(output.resolve(), assignment.slug)
    entries = {student: history.last(student) for student in sorted(view.marks)}
    artifacts = models_of(assignment.folder / "artifacts", assignment.artifacts)
    schedule = assignment.course.schedule
    late = LatePenalties(assignment, load_nbgrader_config(assignment.course), names_in(key))
    unique = {student: entry.unique for student, entry in entries.items() if entry}
    teams = assignment.course.teams.get(assignment.slug, {}).values()
    twins = name_twins(unique, artifacts, teams)
    return ClassResults(
        assignment,
        key,
        tuple(
            _recorded(student, entry, key, view, schedule, late, tuple(twins.get(student, ())))
            for student, entry in entries.items()
        ),
        view.due,
    )


def _recorded(
    student: str,
    entry: Entry | None,
    key: AnswerKey,
    view: GradebookView,
    schedule: Schedule,
    late: LatePenalties,
    twins: tuple[str, ...],
) -> Recorded:
    marks, hand_in = view.marks[student], view.hand_ins.get(student, HandIn())
    result = entry.result if entry else SubmissionResult(student, "graded", _from(marks, key))
    # a human may have graded since the gradebook's was worked out
    penalty = late.of_result(result, marks, hand_in.late_s)
    return Recorded(
        with_marks(result, marks, penalty),
        entry,
        hand_in.handed_in,
        schedule.counted(hand_in.late_s),
        frozenset(name for name, mark in marks.items() if mark.by_hand is not None),
        twins,
    )


def _from(marks: Mapping[str, Mark], key: AnswerKey) -> tuple[QuestionResult, ...]:
    """The questions as far as a gradebook tells of them, which plain nbgrader has filled."""
    return tuple(
        QuestionResult(
            cell.name,
            cell.title,
            min(max(0.0, marks[cell.name].automatic or 0.0), cell.points),
            cell.points,
            _status(marks[cell.name], cell.points),
            trust="shared",
            extra_credit=cell.extra_credit,
        )
        for cell in key.questions
        if cell.name in marks
    )


def _status(mark: Mark, points: float) -> QuestionStatus:
    if mark.automatic is None:
        return "manual"
    return "passed" if mark.automatic >= points else "failed"
