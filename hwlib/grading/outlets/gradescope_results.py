"""Writes a submission's results as Gradescope reads them: results.json, in words for students.

The format is https://gradescope-autograders.readthedocs.io/en/latest/specs/. Everything is plain
text, so nothing that a student wrote can become HTML on Gradescope's page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hwlib.checks.context import Measured
from hwlib.grading.course import FeedbackLevels, Visibility
from hwlib.grading.results import PartResult, QuestionResult
from hwlib.grading.texts import for_gradescope

__all__ = ["Asked", "HandIn", "results_json"]

MAX_TEXT = 4000  # characters of one text; a message of ours has a few hundred
EXTRA_CREDIT = {"extra_credit": True}  # of a test, beside its score
APPEARS: dict[Visibility, str] = {
    "visible": "",
    "after_due_date": "appear after the due date",
    "after_published": "appear when your instructor publishes the grades",
    "hidden": "are for your instructor only",
}
STATES = {
    "passed": "All checks passed.",
    "failed": "A check did not pass.",
    "error": "Your code raised an error.",
    "timeout": "Your code took too long.",
    "crashed": "Your code ended its process.",
    "missing": "There is no answer to grade.",
    "manual": "A human will grade this question.",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the assignment, as far as the results need it."""

    id: str
    title: str
    max_points: float
    by_hand: bool  # a written answer, or code that a human grades
    visibility: Visibility  # of its result
    extra_credit: bool = False  # its points count above the maximum


@dataclass(frozen=True, slots=True)
class HandIn:
    """What Gradescope's submission_metadata.json says about this submission."""

    number: int = 1  # 1 is the student's first submission
    late_by: timedelta | None = None  # None: in time, or there is no due date
    due: datetime | None = field(default=None, compare=False)
    late_due: datetime | None = field(default=None, compare=False)  # until then, late ones count

    @classmethod
    def from_metadata(cls, values: Any) -> HandIn:
        """Read the values of submission_metadata.json.

        A field that is missing or malformed is left out: it never stops grading. Of several due
        dates (a group with extensions) the latest counts.
        """
        if not isinstance(values, Mapping):
            return cls()
        previous = values.get("previous_submissions")
        number = 1 + (len(previous) if isinstance(previous, list) else 0)
        users = values.get("users")
        holders = [values, *(users if isinstance(users, list) else ())]
        due, late_due = (
            [date for holder in holders if (date := _time(_at(holder, "assignment", key)))]
            for key in ("due_date", "late_due_date")
        )
        handed_in = _time(values.get("created_at"))
        late = handed_in - max(due) if handed_in and due else None
        late = late if late and late > timedelta() else None
        return cls(number, late, max(due, default=None), max(late_due, default=None))

    @property
    def is_due(self) -> bool:
        """Whether the student's due date is over now."""
        return self.due is not None and self.due <= datetime.now(UTC)

    @property
    def appears(self) -> str:
        """When Gradescope shows results with the visibility "after_due_date", in words; "" if it
        shows them now. Where late submissions are allowed, it waits for the late due date.
        """
        if not self.is_due:
            return APPEARS["after_due_date"]
        waits = self.late_due is not None and self.late_due > datetime.now(UTC)
        return "appear after the late due date" if waits else ""


def results_json(
    asked: Sequence[Asked],
    graded: Mapping[str, QuestionResult],
    *,
    waiting: str,
    problems: Sequence[str] = (),
    notice: str = "",
    hand_in: HandIn | None = None,
    seconds: float = 0.0,
    leaderboard: Mapping[str, Measured] | None = None,
    feedback: FeedbackLevels | None = None,
) -> dict[str, Any]:
    """The content of results.json for what is known so far.

    Parameters
    ----------
    asked : sequence of Asked
        All questions of the assignment, in order.
    graded : mapping of str to QuestionResult
        The results so far, by question.
    waiting : str
        A sentence for each question without a result.
    problems : sequence of str
        What was repaired in the notebook, and what else the student should know.
    notice : str
        A sentence about the whole submission that stands first.
    hand_in : HandIn, optional
    seconds : float
        Time that grading has taken.
    leaderboard : mapping of str to Measured, optional
        Question → what the grader has measured of its network.
    feedback : FeedbackLevels, optional
        What students read of a lost question before and after the due date.
    """
    hand_in, feedback = hand_in or HandIn(), feedback or FeedbackLevels()
    automatic = [one for one in asked if not one.by_hand]
    tests = [
        test
        for number, one in enumerate(automatic, 1)
        for test in _tests(one, str(number), _told(one, graded, hand_in, feedback), waiting)
    ]
    sections = [
        notice,
        _what_is_graded(asked),
        _what_is_hidden(automatic, hand_in),
        _of_hand_in(hand_in),
        _listed("What we noticed in your notebook:", problems),
    ]
    board = _leaderboard(leaderboard or {})
    return {
        "score": round(sum(test["score"] for test in tests), 6),
        "execution_time": round(seconds, 2),
        "output": for_gradescope("\n\n".join(filter(None, sections)), MAX_TEXT),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
        **({"leaderboard": board} if board else {}),
    }


def _leaderboard(networks: Mapping[str, Measured]) -> list[dict[str, Any]]:
    """Two columns for each network; of several, the names begin with the question."""
    columns = []
    for question, found in networks.items():
        head = f"{question}: " if len(networks) > 1 else ""
        percent = round(100 * found.accuracy, 2)
        columns.append({"name": f"{head}accuracy (%)", "value": percent, "order": "desc"})
        columns.append({"name": f"{head}parameters", "value": found.parameters, "order": "asc"})
    return columns


def _told(
    asked: Asked, graded: Mapping[str, QuestionResult], hand_in: HandIn, feedback: FeedbackLevels
) -> QuestionResult | None:
    """The result of a question, with as much as students may read when they see it: a result that
    is hidden now is shown after the due date.
    """
    result = graded.get(asked.id)
    is_over = hand_in.is_due or asked.visibility != "visible"
    level = feedback.deadline if is_over else feedback.now
    return result.without_reasons() if result and level == "category" else result


def _tests(
    asked: Asked, number: str, result: QuestionResult | None, waiting: str
) -> list[dict[str, Any]]:
    """One test of Gradescope's for a question, or one for each of its parts."""
    if result is not None and result.parts:
        return [
            _test(asked, f"{number}.{place}", f"{_name(asked)}: {part.name}", part)
            for place, part in enumerate(result.parts, 1)
        ]
    return [_test(asked, number, _name(asked), result, waiting)]


def _test(
    asked: Asked,
    number: str,
    name: str,
    result: QuestionResult | PartResult | None,
    waiting: str = "",
) -> dict[str, Any]:
    test: dict[str, Any] = {
        "number": number,
        "name": for_gradescope(name, MAX_TEXT),
        "score": result.points if result else 0.0,
        "max_score": result.max_points if result else asked.max_points,
        "output": for_gradescope(_said(result) if result else waiting, MAX_TEXT),
        "visibility": asked.visibility,
    }
    if asked.extra_credit:  # Gradescope's maximum is what the instructor has set
        test["extra_data"] = EXTRA_CREDIT
    if result and result.status != "manual":  # without it, Gradescope compares the points
        test["status"] = "passed" if result.points >= result.max_points else "failed"
    return test


def _said(result: QuestionResult | PartResult) -> str:
    """The text under a test: what happened, and a hint. A message says more than a status."""
    if result.status == "passed":
        whole = result.points >= result.max_points
        state = STATES["passed"] if whole else "A part of the points was earned."
        return "\n".join(filter(None, (state, "" if whole else result.message.strip())))
    said = result.message.strip() or STATES[result.status]
    return "\n".join(filter(None, (said, result.hint.strip())))


def _name(asked: Asked) -> str:
    """The heading above the question, and its name: several questions may share a heading."""
    name = f"{asked.title} ({asked.id})" if asked.title else asked.id
    return f"Extra credit: {name}" if asked.extra_credit else name


def _what_is_graded(asked: Sequence[Asked]) -> str:
    by_hand = [one for one in asked if one.by_hand]
    automatic = [one for one in asked if not one.by_hand]
    lines = [f"{_count(automatic)} graded by tests, for {_points(automatic)}."]
    if by_hand:
        they = "It is" if len(by_hand) == 1 else "They are"
        lines.append(f"{_count(by_hand)} graded by a human, for {_points(by_hand)}.")
        lines.append(f"{they} not in the list of tests.")
    return " ".join(lines)


def _what_is_hidden(automatic: Sequence[Asked], hand_in: HandIn) -> str:
    """How much a student cannot see yet, in words: hidden tests hide the total, too."""
    lines = []
    for visibility, when in (APPEARS | {"after_due_date": hand_in.appears}).items():
        later = [one for one in automatic if one.visibility == visibility]
        if not when or not later:
            continue
        whose = "all questions" if len(later) == len(automatic) else _number(later)
        lines.append(f"The results of {whose} ({_points(later)}) {when}.")
    if lines:
        lines.append(
            "Until then, Gradescope does not show your total score. Run the tests in the notebook "
            "to check your answers."
            if all(one.visibility != "hidden" for one in automatic)
            else "Gradescope does not show your total score."
        )
    return " ".join(lines)


def _of_hand_in(hand_in: HandIn) -> str:
    lines = [f"This is your submission number {hand_in.number}."] if hand_in.number > 1 else []
    if hand_in.late_by:
        lines.append(f"This submission came {_span(hand_in.late_by)} after the due date.")
    return " ".join(lines)


def _span(time: timedelta) -> str:
    """A time in words, to the minute.

    >>> _span(timedelta(hours=25, minutes=2))
    '1 day 1 hour 2 minutes'
    """
    hours, minutes = divmod(max(1, round(time.total_seconds() / 60)), 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "day"), (hours, "hour"), (minutes, "minute")]
    return " ".join(f"{n} {unit}{'s' if n != 1 else ''}" for n, unit in parts if n)


def _listed(heading: str, lines: Sequence[str]) -> str:
    return "\n".join([heading, *(f"- {line}" for line in lines)]) if lines else ""


def _count(some: Sequence[Asked]) -> str:
    return f"{_number(some)} {'is' if len(some) == 1 else 'are'}"


def _number(some: Sequence[Asked]) -> str:
    return "1 question" if len(some) == 1 else f"{len(some)} questions"


def _points(some: Iterable[Asked]) -> str:
    total = sum(one.max_points for one in some if not one.extra_credit)
    extra = sum(one.max_points for one in some if one.extra_credit)
    more = f" and {extra:g} of extra credit" if extra else ""
    return (f"{total:g} point" if total == 1 else f"{total:g} points") + more


def _at(values: Any, *keys: str) -> Any:
    for key in keys:
        values = values.get(key) if isinstance(values, Mapping) else None
    return values


def _time(value: Any) -> datetime | None:
    """A time with its zone, or None."""
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return time if time.tzinfo else None
