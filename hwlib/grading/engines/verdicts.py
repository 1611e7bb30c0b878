"""The verdict on a question, and the words that explain it to the student."""

from __future__ import annotations

import linecache
import math
import numbers
import re
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from hwlib.checks.advice import advice
from hwlib.errors import CannotCheck, StudentRaised, WorkerEnded, WorkerLost
from hwlib.grading.answer_key import KeyCell
from hwlib.grading.cells import UNANSWERED, one_line
from hwlib.grading.engines.lacking import Lack, lack_behind
from hwlib.grading.engines.student_errors import builtin_exception
from hwlib.grading.engines.words import (
    ANSWER_WAITS,
    NO_ANSWER,
    cannot_run,
    check_failed,
    check_stopped,
    name_missing,
    not_python,
    raised,
    statement_at,
    waits,
)
from hwlib.grading.results import PartResult, QuestionResult, QuestionStatus
from hwlib.grading.submissions.repair import RepairedSubmission

__all__ = [
    "PartVerdict",
    "Place",
    "Verdict",
    "as_result",
    "cannot_decide",
    "explain_missing",
    "explained_by",
    "is_answered",
    "manual",
    "passed",
    "place_of",
    "stopped",
    "student_raised",
    "test_raised",
    "too_slow",
    "used_up",
    "why_lost",
]

_LINE = re.compile(
    r"line (?P<number>\d{1,5})\b(?:, in (?P<name>\w{1,100}|<module>): (?P<text>.*))?", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a test found out about a student's code."""

    status: QuestionStatus
    message: str = ""
    hint: str = ""
    fraction: float = 0.0  # of the points, where the test passed
    missing_name: str = ""  # the name whose absence decided it
    lost: WorkerLost | None = None  # the worker ended
    told_instructor: str = ""  # why this machine can't decide, and what to do about it
    changed: bool = False  # the student's code changed an argument of the test
    parts: tuple[PartVerdict, ...] = ()
    stopped_at: str = ""  # the part during which the worker ended
    before_part_s: float = 0.0  # how long student code had worked when that part began
    ended: Literal["", "timeout", "crashed"] = ""  # how the worker was lost, if it was
    failing: str = ""  # the arguments of the newest call, if the test failed
    lack: Lack | None = None  # what the student's code needs and this machine does not have


@dataclass(frozen=True, slots=True)
class PartVerdict:
    """The verdict on one part of a question."""

    name: str
    points: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Place:
    """Where in its cell a test stopped."""

    statement: str
    hidden: bool


def passed(points_of_test: float, value: Any) -> Verdict:
    """All points, or the points that the last value of the cell names, as in nbgrader."""
    fraction = getattr(value, "hwlib_fraction", None)
    if fraction is None:
        points = _as_number(value)
        if points is None or not points_of_test:
            return Verdict("passed", fraction=1.0)
        if points > points_of_test:
            gives = f"its check gives {points:g} of {points_of_test:g} points"
            return Verdict(
                "manual",
                waits(f"{gives}, which is a mistake in the course"),
                told_instructor=f"{gives}; its last value must not be more than that",
            )
        fraction = points / points_of_test
    fraction = min(float(fraction), 1.0) if fraction > 0 else 0.0  # of NaN and -0.0, too
    return Verdict("passed", fraction=fraction)


def _as_number(value: object) -> float | None:
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:  # an integer or a fraction beyond all floats
        return math.inf if value > 0 else -math.inf  # type: ignore[operator]


def cannot_decide(error: CannotCheck) -> Verdict:
    """The verdict where this machine cannot decide, whatever the student wrote."""
    return Verdict("manual", cannot_run(error.reason), told_instructor=str(error))


def too_slow(question_s: float) -> Verdict:
    """The verdict when student code gave no result in time."""
    reason = (
        f"Your code gave no result within {question_s:g} s: is there a loop that never ends, or "
        "one that you can avoid?"
    )
    return Verdict("timeout", reason, ended="timeout")


def used_up(submission_s: float) -> Verdict:
    """The verdict where a question came too late: others have used up the time."""
    reason = (
        f"The {submission_s:g} s for the whole notebook were used up before this question: which "
        "cell takes so long?"
    )
    return Verdict("timeout", reason, ended="timeout")


def why_lost(error: WorkerLost) -> str:
    """Why the process with the student's code can't answer any more, with likely causes."""
    if isinstance(error, WorkerEnded):
        return (
            f"The process that ran your code ended early ({error.how}). Possible causes are too "
            "much memory, too much CPU time, a crash in a library, or a call of exit()."
        )
    return (
        f"The process that ran your code sent the grader an unreadable answer: {error}. Does your "
        "code write to files or sockets that it did not open?"
    )


def student_raised(error: StudentRaised, at: Place, sources: Iterable[str] = ()) -> Verdict:
    """The verdict when the student's code raised, or when it is not what the test takes it for.

    Where a hidden check was running, only a built-in type, and a line and names of `sources`, are
    shown, the cells that were run: a message, and names that student code chooses while it runs,
    may carry the check's inputs.
    """
    cells = list(sources)
    if error.student_type == "NotImplementedError" and not error.student_message:
        return Verdict("missing", UNANSWERED)
    where = error.trace[-1] if error.trace else ""
    if at.hidden:
        where = _known_line(where, cells)
    if error.student_type == "MemoryError":
        text = f"Your code used more memory than it may{f' ({where})' if where else ''}."
        return Verdict("crashed", one_line(text), ended="crashed")
    if not error.trace:  # no line of the student's was running: the test used a thing wrongly
        kind = _builtin_type(error) if at.hidden else error.student_type
        return stopped(kind, error.student_message, at)
    missing = ""
    if error.student_type == "NameError":
        missing = error.student_message.partition("'")[2].partition("'")[0]
    if at.hidden:
        text = raised(_builtin_type(error), "", where)
    else:
        text = raised(error.student_type, error.student_message, where)
    hint, lack = advice(error.student_type, error.student_message), lack_behind(error)
    if at.hidden:
        missing = missing if _is_written(missing, cells) else ""
        lack = lack and lack.told_if(lambda name: _is_written(name, cells))
    return Verdict("error", text, hint, missing_name=missing, lack=lack)


def _known_line(told: str, sources: Iterable[str]) -> str:
    r"""A line that a worker tells of, if it stands in the student's cells; else its number.

    >>> _known_line("line 2, in f: return 1 / x", ["def f(x):\n    return 1 / x"])
    'line 2, in f: return 1 / x'
    >>> _known_line("line 2, in secret: return 1 / x", ["def f(x):\n    return 1 / x"])
    'line 2'
    """
    found = _LINE.match(told)
    if found is None:
        return ""
    number, name, text = int(found["number"]), found["name"], (found["text"] or "").strip()
    for source in sources:
        lines = source.splitlines()
        is_there = 0 < number <= len(lines) and lines[number - 1].strip() == text
        if is_there and (name == "<module>" or re.search(rf"\bdef {name}\b", source)):
            return told
    return f"line {number}"


def _is_written(name: str, sources: Iterable[str]) -> bool:
    """Whether all parts of a dotted name stand in the student's cells.

    >>> _is_written("tensorflow.keras", ["import tensorflow.keras as K"]), _is_written("x21", ["x"])
    (True, False)
    """
    words = {word for source in sources for word in re.findall(r"\w+", source)}
    return words.issuperset(name.split("."))


def _builtin_type(error: BaseException) -> str:
    """The built-in type that an exception of the student's is or derives from."""
    names = (cls.__name__ for cls in type(error).__mro__)
    return next(filter(builtin_exception, names), "Exception")


def place_of(error: BaseException, filename: str, hidden_lines: frozenset[int]) -> Place:
    """The statement of the test at which an exception stopped it, and whether it is hidden."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno or 0 for frame in frames if frame.filename == filename]
    if not lines or max(lines) in hidden_lines:
        return Place("", hidden=True)
    return Place(statement_at("".join(linecache.getlines(filename)), lines[-1]), hidden=False)


def test_raised(error: Exception, at: Place) -> Verdict:
    """The verdict when the test itself raised: a plain assert, or a result that it cannot use."""
    if isinstance(error, AssertionError):
        return Verdict("failed", check_failed(str(error), at.statement, hidden=at.hidden))
    return stopped(type(error).__name__, str(error), at)


def stopped(kind: str, text: str, at: Place) -> Verdict:
    """The verdict when a test could not go on with what the student's code gave it."""
    told = check_stopped(kind, text, at.statement, hidden=at.hidden)
    return Verdict("failed", told, advice(kind, text))


# ---- in words ------------------------------------------------------------------------------------


def explained_by(verdict: Verdict, raised: list[tuple[str, str]]) -> Verdict:
    """Explain a missing name by the first needed cell that raised: (words for the cell, error)."""
    cell, first = next(((cell, text) for cell, text in raised if text), ("", ""))
    if first.startswith("NotImplementedError"):
        return replace(verdict, message=UNANSWERED)
    if first:
        reason = name_missing(verdict.missing_name, f"{cell} raised {first}")
        return replace(verdict, status="error", message=reason, hint="")
    return verdict


def explain_missing(verdict: Verdict, submission: RepairedSubmission) -> Verdict:
    if verdict.status not in ("missing", "error") or not verdict.missing_name:
        return verdict
    answers = submission.answers(verdict.missing_name)
    if verdict.status == "missing" and answers and not any(one.source.strip() for one in answers):
        return replace(
            verdict,
            message=name_missing(verdict.missing_name, "its cell is empty or was deleted"),
        )
    if answers and all(not answer.names.parsed for answer in answers):
        text = not_python(verdict.missing_name, answers[-1].source)
        return replace(verdict, status="error", message=text, hint="")
    return verdict


def manual(
    cell: KeyCell, submission: RepairedSubmission, release: dict[str, str]
) -> QuestionResult:
    """The result of a question that a human grades: it waits, unless nothing was answered."""
    empty = not is_answered(cell, submission, release)
    return QuestionResult(
        cell.name,
        cell.title,
        0.0,
        cell.points,
        "missing" if empty else "manual",
        NO_ANSWER if empty else ANSWER_WAITS,
        extra_credit=cell.extra_credit,
    )


def is_answered(cell: KeyCell, submission: RepairedSubmission, release: dict[str, str]) -> bool:
    """Whether a human has something to grade. The answer to a task may be anywhere."""
    if cell.role == "task":
        return True
    texts = [
        answer.source.strip()
        for answer in submission.cells
        if answer.is_answer and answer.original and answer.original.grade_id == cell.grade_id
    ]
    return any(text and text != release.get(cell.grade_id, "").strip() for text in texts)


def as_result(cell: KeyCell, verdict: Verdict, seconds: float) -> QuestionResult:
    passed = verdict.status == "passed"
    fraction = verdict.fraction if passed or verdict.parts else 0.0
    message = (
        verdict.message
        if not passed or fraction == 1.0
        else f"You get {fraction:.0%} of the points."
    )
    return QuestionResult(
        cell.name,
        cell.title,
        cell.points * fraction,
        cell.points,
        verdict.status,
        one_line(message),
        one_line(verdict.hint),
        round(seconds, 4),
        parts=tuple(_part_result(one, verdict) for one in verdict.parts),
        trust=cell.trust,
        extra_credit=cell.extra_credit,
    )


def _part_result(one: PartVerdict, whole: Verdict) -> PartResult:
    verdict = one.verdict
    if verdict.missing_name and verdict.missing_name == whole.missing_name:
        # why it is missing is found out once, for the whole question
        message = whole.message.removeprefix(f"{one.name}: ")
        verdict = replace(verdict, status=whole.status, message=message, hint=whole.hint)
    return PartResult(
        one.name,
        one.points * verdict.fraction,
        one.points,
        verdict.status,
        one_line(verdict.message),
        one_line(verdict.hint),
    )
