"""Results of grading for one question, one submission and one class, and their JSON format.

docs/grading.md describes the format.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from nbformat import NotebookNode

from hwlib.checks.context import Measured
from hwlib.grading.texts import for_json

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
"""Where a test ran: isolated, out of reach of student code, or shared, in the student's process.

Student code can forge the verdict of a shared test.
"""


def _lost(points: float, max_points: float, status: QuestionStatus) -> bool:
    """Whether a test was not passed in full. Where it is worth nothing, its status tells."""
    return status != "manual" and (points < max_points or (not max_points and status != "passed"))


@dataclass(frozen=True, slots=True)
class PartResult:
    """The result of one part of a question."""

    name: str
    points: float
    max_points: float
    status: QuestionStatus
    message: str = ""
    hint: str = ""

    @property
    def is_lost(self) -> bool:
        """Whether some of its points were lost or, if it has none, its checks did not pass."""
        return _lost(self.points, self.max_points, self.status)


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """The result of one question of one submission.

    `points` is between 0 and `max_points`. `message` describes the symptom and `hint` a likely
    cause; neither contains a hidden value. A manual question has 0 points until a human gives some.
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
    extra_credit: bool = False  # its points count above the maximum score

    @property
    def is_lost(self) -> bool:
        """Whether some of its points were lost or, if it has none, its checks did not pass.

        A question that waits for a human is not lost.
        """
        return _lost(self.points, self.max_points, self.status)

    def without_reasons(self) -> QuestionResult:
        """Without symptoms and hints, for those who may read statuses only."""
        return replace(
            self,
            message=self.message if self.status == "manual" else "",
            hint="",
            parts=tuple(
                replace(part, message=part.message if part.status == "manual" else "", hint="")
                for part in self.parts
            ),
        )


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """The result of one submission: its questions in order, and what was repaired."""

    student: str
    status: SubmissionStatus
    questions: tuple[QuestionResult, ...]
    problems: tuple[str, ...] = ()
    seconds: float = 0.0
    cached: bool = False
    extra_credit: float = 0.0  # points that a human added beyond those of the questions
    late_penalty: float = 0.0  # points that are taken off for handing in late

    @property
    def score(self) -> float:
        """The points of all questions and extra credit, less the late penalty; never below 0."""
        earned = sum(question.points for question in self.questions)
        return max(0.0, earned + self.extra_credit - self.late_penalty)

    @property
    def all_extra_credit(self) -> float:
        """The points above the maximum: of questions that are extra credit, and from a human."""
        return self.extra_credit + sum(one.points for one in self.questions if one.extra_credit)

    @property
    def max_score(self) -> float:
        """The highest score without extra credit, manual questions included."""
        return sum(one.max_points for one in self.questions if not one.extra_credit)

    def question(self, question_id: str) -> QuestionResult:
        """The result of one question; raises KeyError if there is no such id."""
        for question in self.questions:
            if question.id == question_id:
                return question
        raise KeyError(question_id)

    def to_dict(self) -> dict[str, Any]:
        """As plain values, in the order of the published format.

        Extra credit and the late penalty are there only where they are not 0, and a question says
        that it is extra credit only where it is.
        """
        more = {"extra_credit": self.extra_credit, "late_penalty": self.late_penalty}
        return {
            "student": self.student,
            "status": self.status,
            "score": self.score,
            "max_score": self.max_score,
            "seconds": round(self.seconds, 4),
            "cached": self.cached,
            "questions": [_plain(question) for question in self.questions],
            "problems": list(self.problems),
            **{name: points for name, points in more.items() if points},
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> SubmissionResult:
        """Make a result from the values of `to_dict`; score and max_score are computed again."""
        return cls(
            student=values["student"],
            status=values["status"],
            questions=tuple(_question(question) for question in values["questions"]),
            problems=tuple(values["problems"]),
            seconds=values["seconds"],
            cached=values["cached"],
            extra_credit=values.get("extra_credit", 0.0),
            late_penalty=values.get("late_penalty", 0.0),
        )


def _plain(question: QuestionResult) -> dict[str, Any]:
    values = asdict(question)
    if not question.extra_credit:
        del values["extra_credit"]
    return values


def _question(values: dict[str, Any]) -> QuestionResult:
    parts = tuple(PartResult(**part) for part in values.get("parts", ()))
    return QuestionResult(**{**values, "parts": parts})


@dataclass(frozen=True, slots=True)
class ProvedTests:
    """What the course's own solution, which passes them, has shown of the tests."""

    in_place: frozenset[str] = frozenset()  # it passes these only if it can change arguments
    confirmed: frozenset[str] = frozenset()  # these compare its functions, and are run again
    modules: frozenset[str] = frozenset()  # the tests import these
    lasting: bool = False  # the tests leave the grader's process as they found it


@dataclass(frozen=True, slots=True)
class Outcome:
    """One submission as an engine graded it, before it is recorded."""

    result: SubmissionResult
    # as graded, with the outputs of the cells that ran; None if it could not be read
    notebook: NotebookNode | None
    final: bool = True  # False: this run could not decide, so the next run grades it again
    lacking: tuple[str, ...] = ()  # what the student's code needs and this machine does not have
    unique: dict[str, str] = field(default_factory=dict)  # values that no two students should share
    impeded: bool = False  # it hit a limit on a busy machine, so it is graded again, alone
    tier: str = "T0"  # the isolation that the submission was graded with
    # question that this machine can't decide → what the instructor can do
    complaints: dict[str, str] = field(default_factory=dict)
    measured: dict[str, Measured] = field(default_factory=dict)  # question → of its network
    repairs: tuple[str, ...] = ()  # the problems of the result that reading and repairing solved
    deaths: tuple[str, ...] = ()  # those that tell of a process with student code that ended
    # question or question/part → the input with which it failed, which is hidden until grading ends
    inputs: dict[str, str] = field(default_factory=dict)
    noted: dict[str, tuple[str, ...]] = field(default_factory=dict)  # question → its problems
    # of several notebooks each one as graded, by its name; None for one that could not be read
    notebooks: dict[str, NotebookNode | None] = field(default_factory=dict)

    def as_graded(self, name: str) -> NotebookNode | None:
        """A notebook of the submission as it was graded: the one of this name, of several."""
        return self.notebooks.get(name, self.notebook)


@dataclass(frozen=True, slots=True)
class GradeReport:
    """The results of one grading run, one for each submission, in order of the student's id."""

    assignment: str
    engine: str
    isolation: str
    submissions: tuple[SubmissionResult, ...] = field(default=())
    # lines for the instructor, not part of the JSON
    complaints: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()  # results that could not be written to the records

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
        return for_json(self.to_dict())
