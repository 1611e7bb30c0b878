"""Classes with results in their records, as `hw grade` leaves them, made without running code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from courses import hand_in, make_tiny, outcome, solved
from nbgrader.api import Gradebook

from hwlib.grading import Assignment, SubmissionResult
from hwlib.grading.answer_key import load_key
from hwlib.grading.records.class_records import ClassRecords
from hwlib.grading.results import Outcome
from hwlib.grading.submissions.files import find_submissions

__all__ = ["WHEN", "gradebook", "record", "recorded_class"]

WHEN = "2027-02-01 12:00:00 UTC"


def recorded_class(root: Path, lost: Mapping[str, tuple[str, ...]], config: str = "") -> Assignment:
    """The assignment `tiny` with these students, who lost these questions; the answer `why` waits
    for a human.
    """
    tiny = make_tiny(root, config=config)
    key = load_key(tiny)
    outcomes = {}
    for student, questions in lost.items():
        hand_in(tiny, student, solved(tiny), WHEN)
        outcomes[student] = Outcome(outcome(key, student, questions), solved(tiny), tier="T2")
    record(tiny, outcomes)
    return tiny


def record(assignment: Assignment, outcomes: Mapping[str, Outcome]) -> list[SubmissionResult]:
    """Write outcomes by the students' ids, or take what is kept, as `hw grade` does."""
    root = assignment.course.root
    found = find_submissions(assignment, root / "submitted")
    with ClassRecords(assignment, root, "isolated") as records:
        return [
            records.kept(one) or records.write(one, outcomes[one.student], seed=1) for one in found
        ]


def gradebook(assignment: Assignment) -> Gradebook:
    """The gradebook, through nbgrader's own eyes."""
    return Gradebook(f"sqlite:///{assignment.course.root}/gradebook.db", "tiny")
