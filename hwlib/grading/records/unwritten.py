"""A dry run: grades as `hw grade` does, writes nothing, and tells whose points would change."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from hwlib.grading.answer_key import load_key
from hwlib.grading.course import Assignment
from hwlib.grading.records.cache import Kept, ResultCache
from hwlib.grading.records.class_records import ClassRecords
from hwlib.grading.records.gradebook_rows import load_nbgrader_config
from hwlib.grading.records.late_rules import LatePenalties
from hwlib.grading.records.marks import (
    GradebookView,
    HandIn,
    Mark,
    late_by,
    names_in,
    recorded_view,
    with_points_by_hand,
)
from hwlib.grading.records.times import parse_time
from hwlib.grading.results import (
    GradeReport,
    Outcome,
    ProvedTests,
    QuestionResult,
    SubmissionResult,
)
from hwlib.grading.submissions.files import FoundSubmission

__all__ = ["Change", "UnwrittenRecords", "changes_of", "newcomers"]

Marks = Mapping[str, Mapping[str, Mark]]
"""Student → question id → mark."""


@dataclass(frozen=True, slots=True)
class Change:
    """A question of a student for which the gradebook would have other points, or the points that
    are taken off for handing in late.
    """

    student: str
    question: str  # or LATE
    before: float
    after: float
    why: str  # what the question's new result says


class UnwrittenRecords(ClassRecords):
    """The records of a class as they are. What would be written is only returned."""

    def __init__(
        self, assignment: Assignment, output: Path, engine: str, db_url: str | None = None
    ) -> None:
        self.assignment, self.output = assignment, output
        self._cache = ResultCache(assignment, output, engine)
        self._db_url = db_url
        self._key = load_key(assignment)
        config = load_nbgrader_config(assignment.course)
        self._late = LatePenalties(assignment, config, names_in(self._key))
        self._unique, self._tiers, self._hand_ins, self._partly = {}, set(), {}, {}

    def __enter__(self) -> UnwrittenRecords:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def log_seed(self, seed: int) -> None:
        """The seed of a dry run is not kept."""

    def note_proved(self, proved: ProvedTests) -> None:
        """What is found out about the course's own solution is not kept."""

    @cached_property
    def _view(self) -> GradebookView:
        return recorded_view(self.assignment, self.output, self._db_url) or GradebookView()

    def _refreshed(self, found: FoundSubmission, kept: Kept) -> SubmissionResult:
        return self._in_time(found, self._counted(found.student, kept.result))

    def _write(self, found: FoundSubmission, outcome: Outcome, seed: int) -> SubmissionResult:
        student = found.student
        marks, hand_in = self._view.marks.get(student, {}), self._view.hand_ins.get(student)
        penalty = hand_in.penalty if hand_in else 0.0
        return self._in_time(found, with_points_by_hand(marks, outcome.result, penalty))

    def _in_time(self, found: FoundSubmission, result: SubmissionResult) -> SubmissionResult:
        """The result with the late penalty that the rule asks for now.

        Dates that course.toml does not name, and the time of a hand-in without one, are those of
        the gradebook.
        """
        schedule = self.assignment.course.schedule
        known = self._view.hand_ins.get(found.student, HandIn())
        due, extension = schedule.of(self.assignment.slug, found.student)
        ends = due.replace(tzinfo=None) if due else self._view.due
        if extension is None and known.until and self._view.due:
            extension = known.until - self._view.due
        when = parse_time(found.timestamp)[0] or known.handed_in
        marks = self._view.marks.get(found.student, {})
        penalty = self._late.of_result(result, marks, late_by(when, ends, extension))
        return replace(result, late_penalty=penalty)


LATE = "late penalty"


def newcomers(report: GradeReport, marks: Marks) -> list[str]:
    """The students who have no points in the gradebook yet."""
    return [one.student for one in report.submissions if one.student not in marks]


def changes_of(report: GradeReport, view: GradebookView) -> Iterator[Change]:
    """Where the points of a report are not those of the gradebook, by student and question.

    What a human has given stands, so it is no change. Students whom the gradebook does not know are
    left out.
    """
    for submission in report.submissions:
        known = view.marks.get(submission.student)
        if known is None:
            continue
        questions = {one.id: one for one in submission.questions}
        for name in [*questions, *(name for name in known if name not in questions)]:
            mark, now = known.get(name), questions.get(name)
            before = _points(mark)
            after = 0.0 if now is None else now.points
            if mark is not None and mark.by_hand is not None:
                continue
            if not math.isclose(before, after, abs_tol=1e-9):
                yield Change(submission.student, name, before, after, _why(mark, now))
        taken = view.hand_ins.get(submission.student, HandIn()).penalty
        if not math.isclose(taken, submission.late_penalty, abs_tol=1e-9):
            why = "it follows the points, the dates and the late rule"
            yield Change(submission.student, LATE, 0.0 - taken, 0.0 - submission.late_penalty, why)


def _points(mark: Mark | None) -> float:
    if mark is None:
        return 0.0
    return (mark.automatic if mark.by_hand is None else mark.by_hand) or 0.0


def _why(mark: Mark | None, now: QuestionResult | None) -> str:
    if now is None:
        return "the assignment has no such question now"
    new = "a new question: " if mark is None else ""
    return f"{new}{now.status}" + (f": {now.message}" if now.message else "")
