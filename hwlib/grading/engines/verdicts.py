"""The verdict on a question, and the words that explain it to the student."""

from __future__ import annotations

import math
import numbers
import traceback
from dataclasses import dataclass, replace
from typing import Any

from hwlib.errors import StudentRaised, WorkerEnded, WorkerLost
from hwlib.grading.answer_key import KeyCell
from hwlib.grading.cells import HIDDEN, UNANSWERED, parse_cell, readable
from hwlib.grading.results import QuestionResult, QuestionStatus
from hwlib.grading.submissions.repair import RepairedSubmission

__all__ = [
    "MESSAGE_LENGTH",
    "Verdict",
    "as_result",
    "explain_missing",
    "explained_by",
    "manual",
    "passed",
    "student_raised",
    "test_raised",
    "why_lost",
]

MESSAGE_LENGTH = 600


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a test found out about a student's code."""

    status: QuestionStatus
    message: str = ""
    hint: str = ""
    fraction: float = 0.0  # of the points, where the test passed
    missing_name: str = ""  # the name whose absence decided it
    lost: WorkerLost | None = None  # the worker ended
    changed: bool = False  # the student's code changed an argument of the test


def passed(points_of_test: float, value: Any) -> Verdict:
    """All points, or the points that the last value of the cell names, as in nbgrader."""
    fraction = getattr(value, "hwlib_fraction", None)
    if fraction is None:
        points = _as_number(value)
        if points is None or not points_of_test:
            return Verdict("passed", fraction=1.0)
        if points > points_of_test:
            return Verdict(
                "manual",
                f"the test gives {points:g} of {points_of_test:g} points. That is a mistake in the "
                "course material, not in your work. A human will grade this question",
            )
        fraction = points / points_of_test
    fraction = 0.0 if math.isnan(fraction) else min(max(float(fraction), 0.0), 1.0)
    return Verdict("passed", fraction=fraction)


def _as_number(value: object) -> float | None:
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]


def why_lost(error: WorkerLost) -> str:
    if isinstance(error, WorkerEnded):
        return (
            f"the process that ran your code ended early ({error.how}). Possible causes are too "
            "much memory, too much CPU time, a crash in a library, or a call of exit()"
        )
    return f"the process that ran your code sent the grader an unreadable answer: {error}"


def student_raised(error: StudentRaised) -> Verdict:
    if error.student_type == "NotImplementedError" and not error.student_message:
        return Verdict("missing", UNANSWERED)
    where = f"\n{error.trace[-1]}" if error.trace else ""
    if error.student_type == "MemoryError":
        return Verdict("crashed", f"your code used more memory than it may{where}")
    missing = ""
    if error.student_type == "NameError":
        missing = error.student_message.partition("'")[2].partition("'")[0]
    text = f"your code raised {error.student_type}: {error.student_message}{where}"
    return Verdict("error", text[:MESSAGE_LENGTH], missing_name=missing)


def test_raised(error: Exception, filename: str, hidden_lines: frozenset[int]) -> Verdict:
    """The verdict when the test itself raised: a plain assert, or a result that it cannot use."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno or 0 for frame in frames if frame.filename == filename]
    hidden = not lines or max(lines) in hidden_lines
    if isinstance(error, AssertionError):
        text = str(error)[:MESSAGE_LENGTH] or "a check failed"
        return Verdict("failed", HIDDEN if hidden else text)
    text = "" if hidden else f": {error}"[:200]
    return Verdict(
        "failed",
        "the check could not use the value that your code returned "
        f"({type(error).__name__}{text}): is it a value of the right kind?",
    )


# ---- in words ------------------------------------------------------------------------------------


def explained_by(verdict: Verdict, raised: list[str]) -> Verdict:
    """Explain a missing name by the first needed cell that raised an error."""
    first = next(filter(None, raised), "")
    if first.startswith("NotImplementedError"):
        return replace(verdict, message=UNANSWERED)
    if first:
        reason = f"your cell raised {first}"
        return Verdict("error", reason, missing_name=verdict.missing_name)
    return verdict


def explain_missing(verdict: Verdict, submission: RepairedSubmission) -> Verdict:
    if verdict.status != "missing" or not verdict.missing_name:
        return verdict
    answers = submission.answers(verdict.missing_name)
    if answers and all(not answer.source.strip() for answer in answers):
        return replace(
            verdict, message=f"{verdict.message}: the cell for it is empty or was deleted"
        )
    if answers and all(not answer.names.parsed for answer in answers):
        reason = _syntax_error(answers[-1].source)
        text = f"the cell {verdict.missing_name} is not valid Python ({reason})"
        return Verdict("error", text)
    return verdict


def _syntax_error(source: str) -> str:
    """`SyntaxError in line 3: invalid syntax`."""
    try:
        compile(parse_cell(source), "<cell>", "exec", dont_inherit=True)
    except SyntaxError as error:
        where = f" in line {error.lineno}" if error.lineno else ""
        return f"{type(error).__name__}{where}: {error.msg}"
    return "SyntaxError"


def manual(
    cell: KeyCell, submission: RepairedSubmission, release: dict[str, str]
) -> QuestionResult:
    texts = [answer.source.strip() for answer in submission.answers(cell.name)]
    empty = not any(texts) or all(text == release.get(cell.grade_id, "").strip() for text in texts)
    return QuestionResult(
        cell.name,
        cell.title,
        0.0,
        cell.points,
        "missing" if empty else "manual",
        "there is no answer in this cell" if empty else "a human will grade this answer",
    )


def as_result(cell: KeyCell, verdict: Verdict, seconds: float) -> QuestionResult:
    passed = verdict.status == "passed"
    fraction = verdict.fraction if passed else 0.0
    message = (
        verdict.message
        if not passed or fraction == 1.0
        else f"you get {fraction:.0%} of the points"
    )
    return QuestionResult(
        cell.name,
        cell.title,
        cell.points * fraction,
        cell.points,
        verdict.status,
        readable(message),
        readable(verdict.hint),
        round(seconds, 4),
        trust=cell.trust,
    )
