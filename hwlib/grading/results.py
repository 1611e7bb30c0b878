"""What grading found: one question, one submission, one class; and their JSON form (the format in
docs/grading.md).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from nbformat import NotebookNode

__all__ = [
    "GradeReport",
    "Outcome",
    "PartResult",
    "QuestionResult",
    "QuestionStatus",
    "SubmissionResult",
    "SubmissionStatus",
    "Trust",
]

QuestionStatus = Literal["passed", "failed", "error", "timeout", "crashed", "missing", "manual"]
SubmissionStatus = Literal["graded", "needs_manual", "rejected"]


Trust = Literal["isolated", "shared"]
"""isolated: the test ran where student code can't reach it · shared: in the student's process, so
that the verdict can be forged.
"""


@dataclass(frozen=True, slots=True)
class PartResult:
    """One part of a question, tried for itself."""

    name: str
    points: float
    max_points: float
    status: QuestionStatus
    message: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """One question of one submission.

    `points` lies in [0, max_points]; `message` says the symptom and `hint` a likely cause, neither
    a hidden value. A manual question has the points that a human gave, 0 until then.
    """

    id: str
    title: str
    points: float
    max_points: float
    status: QuestionStatus
    message: str = ""
    hint: str = ""
    seconds: float = 0.0
    parts: tuple[PartResult, ...] = ()
    trust: Trust = "isolated"


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """One submission: its questions in the notebook's order, and what had to be repaired."""

    student: str
    status: SubmissionStatus
    questions: tuple[QuestionResult, ...]
    problems: tuple[str, ...] = ()
    seconds: float = 0.0
    cached: bool = False

    @property
    def score(self) -> float:
        """Sum of the points of all questions."""
        return sum(question.points for question in self.questions)

    @property
    def max_score(self) -> float:
        """Sum of the points that can be had, manual questions included."""
        return sum(question.max_points for question in self.questions)

    def question(self, question_id: str) -> QuestionResult:
        """The result of one question; KeyError for an unknown id."""
        for question in self.questions:
            if question.id == question_id:
                return question
        raise KeyError(question_id)

    def to_dict(self) -> dict[str, Any]:
        """As plain values, in the order of the published format."""
        return {
            "student": self.student,
            "status": self.status,
            "score": self.score,
            "max_score": self.max_score,
            "seconds": round(self.seconds, 4),
            "cached": self.cached,
            "questions": [asdict(question) for question in self.questions],
            "problems": list(self.problems),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> SubmissionResult:
        """Back from `to_dict`; score and max_score are derived, not read."""
        return cls(
            student=values["student"],
            status=values["status"],
            questions=tuple(_question(question) for question in values["questions"]),
            problems=tuple(values["problems"]),
            seconds=values["seconds"],
            cached=values["cached"],
        )


def _question(values: dict[str, Any]) -> QuestionResult:
    parts = tuple(PartResult(**part) for part in values.get("parts", ()))
    return QuestionResult(**{**values, "parts": parts})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an engine made of one submission, on its way into the records."""

    result: SubmissionResult
    notebook: NotebookNode | None  # as graded, with the outputs of the cells that ran; None: unread
    final: bool = True  # False: this run could not decide; the next one tries again
    lacking: tuple[str, ...] = ()  # modules that the student imports and this machine lacks
    unique: dict[str, str] = field(default_factory=dict)  # what no other submission should have
    impeded: bool = False  # a limit was hit on a busy machine: to be graded once more, alone
    tier: str = "T0"  # of the isolation that the submission was graded with


@dataclass(frozen=True, slots=True)
class GradeReport:
    """One grading run: every submission that was found, once, in order of the student's id."""

    assignment: str
    engine: str
    isolation: str
    submissions: tuple[SubmissionResult, ...] = field(default=())
    # for the instructor, a line each; not part of the JSON
    complaints: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()  # results that could not be written down

    def to_dict(self) -> dict[str, Any]:
        """As plain values, in the order of the published format."""
        return {
            "assignment": self.assignment,
            "engine": self.engine,
            "isolation": self.isolation,
            "submissions": [submission.to_dict() for submission in self.submissions],
        }

    def to_json(self) -> str:
        """The published JSON format, indented."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"
