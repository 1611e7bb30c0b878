"""The class report of one assignment: one static page that needs no script and no other file.

Every text passes `texts.for_page` and is escaped, because students choose names, messages and more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from hwlib.grading.authoring.written import Variant
from hwlib.grading.proof.variants import load_variants
from hwlib.grading.records.class_results import ClassResults, Recorded
from hwlib.grading.reports.charts import Histogram, Stack, histogram, stack
from hwlib.grading.reports.items import FEW, Item, cronbach_alpha, is_decided, items_of
from hwlib.grading.reports.mistakes import mistakes_of, unseen
from hwlib.grading.reports.similar import Similar
from hwlib.grading.texts import for_page, page_templates

__all__ = ["Summary", "class_report", "summary_of"]

MAX_TEXT, MAX_NAME = 600, 80  # characters
MAX_ROWS = 60  # of a list; the others are counted
SLOWEST = 5

templates = page_templates()
templates.filters["name"] = lambda text: for_page(str(text), MAX_NAME)
templates.filters["text"] = lambda text: for_page(str(text), MAX_TEXT)


@dataclass(frozen=True, slots=True)
class Summary:
    """The numbers of one assignment that come first. Scores are shares of the points, in %."""

    slug: str
    title: str
    max_score: float
    students: int
    readable: int
    waiting: int  # submissions that need a human
    rejected: int
    late: int
    mean: float | None
    median: float | None
    quartiles: tuple[float, float] | None
    deviation: float | None  # standard deviation of the class
    reliability: float | None  # Cronbach's alpha
    distribution: Histogram


@dataclass(frozen=True, slots=True)
class _Row:
    """A question or a part in the table of questions."""

    item: Item
    stack: Stack
    parts: tuple[_Row, ...] = ()


@dataclass(frozen=True, slots=True)
class _Said:
    """One line of a list: who, where, what."""

    student: str
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class _Same:
    """A text that is said of several students."""

    text: str
    students: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Times:
    """Seconds of grading, and limits that were hit."""

    median_s: float
    total_s: float
    slowest: tuple[tuple[str, float], ...]
    distribution: Histogram
    timeouts: tuple[_Said, ...]
    crashes: tuple[_Said, ...]


def class_report(
    results: ClassResults, now: datetime | None = None, similar: Similar | None = None
) -> str:
    """Make the page.

    Parameters
    ----------
    results : ClassResults
    now : datetime, optional
        The time that the page gives as its own.
    similar : Similar, optional
        Students whose code is similar.
    """
    variants = [one for one in load_variants(results.assignment) if one.kind == "wrong"]
    mistakes = mistakes_of(results, variants)
    items = items_of(results)
    entries = [one.entry for one in results.submissions if one.entry is not None]
    times = [datetime.fromisoformat(one.graded_at) for one in entries]
    return templates.get_template("report/class.html.j2").render(
        title=results.assignment.title,
        course=results.assignment.course,
        made=_minute(now or datetime.now(UTC)),
        summary=summary_of(results),
        rows=[_row(item) for item in items],
        few=FEW,
        hinted=sum(item.hinted for item in items),
        lost=sum(item.lost for item in items),
        mistakes=mistakes[:MAX_ROWS],
        more_mistakes=max(0, len(mistakes) - MAX_ROWS),
        with_rates=[one for one in mistakes if one.base_rate],
        unseen=[(one.name, _first_line(one), one.frequency) for one in unseen(mistakes, variants)],
        waiting=_waiting(results),
        rejected=[_Said(who, "", text) for who, text in _rejected(results)],
        findings=_findings(results),
        twins=[_Said(_who(one), "", text) for one in results.submissions for text in one.twins],
        similar=similar or Similar(),
        times=_times(results),
        deaths=[_Said(one.result.student, "", text) for one in entries for text in one.deaths],
        repairs=_same((text, one.result.student) for one in entries for text in one.repairs),
        lacking=_same((name, one.result.student) for one in entries for name in one.lacking),
        late=[one for one in results.submissions if one.late_s > 0],
        tiers=sorted({one.tier for one in entries}),
        engines=sorted({one.engine for one in entries}),
        first=_minute(min(times)) if times else "",
        last=_minute(max(times)) if times else "",
        elsewhere=len(results.submissions) - len(entries),
        due=_minute(results.due) if results.due else "",
        max_rows=MAX_ROWS,
    )


def summary_of(results: ClassResults) -> Summary:
    """The numbers that come first."""
    readable = [one for one in results.submissions if one.result.status != "rejected"]
    shares = [100 * one.result.score / results.max_score for one in readable if results.max_score]
    known = np.array(shares, dtype=float)  # (students,)
    return Summary(
        results.assignment.slug,
        results.assignment.title,
        results.max_score,
        len(results.submissions),
        len(readable),
        sum(one.result.status == "needs_manual" for one in results.submissions),
        len(results.submissions) - len(readable),
        sum(one.late_s > 0 for one in results.submissions),
        float(known.mean()) if shares else None,
        float(np.median(known)) if shares else None,
        (float(np.quantile(known, 0.25)), float(np.quantile(known, 0.75))) if shares else None,
        float(known.std(ddof=1)) if len(shares) > 1 else None,
        cronbach_alpha(_points(readable, results)),
        histogram(shares, 100.0),
    )


def _points(readable: Sequence[Recorded], results: ClassResults) -> np.ndarray[tuple[int, int]]:
    """Points of the questions that are decided for everybody, (students, questions)."""
    columns = []
    for cell in results.key.questions:
        column = [_decided(one, cell.name) for one in readable]
        if all(points is not None for points in column):
            columns.append(column)
    return np.array(columns, dtype=float).reshape(len(columns), len(readable)).T


def _decided(one: Recorded, name: str) -> float | None:
    for question in one.result.questions:
        if question.id == name and is_decided(one, question):
            return question.points
    return None


def _row(item: Item) -> _Row:
    return _Row(item, stack(item.statuses), tuple(map(_row, item.parts)))


# ---- what needs a human --------------------------------------------------------------------------


def _waiting(results: ClassResults) -> list[_Same]:
    """Question and reason → the students who wait."""
    found = (
        (f"{question.id}: {question.message}".rstrip(": "), one.result.student)
        for one in results.submissions
        for question in one.result.questions
        if one.result.status != "rejected" and not is_decided(one, question)
    )
    return _same(found)


def _rejected(results: ClassResults) -> Iterator[tuple[str, str]]:
    for one in results.submissions:
        if one.result.status == "rejected":
            yield one.result.student, "; ".join(one.result.problems) or "no reason is recorded"


def _findings(results: ClassResults) -> list[_Said]:
    """What the grader asks a human to look at: problems that are neither repairs nor deaths."""
    return [
        _Said(one.result.student, "", problem)
        for one in results.submissions
        if one.result.status != "rejected" and one.entry is not None
        for problem in one.result.problems
        if problem not in (*one.entry.repairs, *one.entry.deaths)
    ]


def _times(results: ClassResults) -> _Times | None:
    graded = [one for one in results.submissions if one.result.seconds > 0]
    if not graded:
        return None
    seconds = [one.result.seconds for one in graded]
    slowest = sorted(graded, key=lambda one: -one.result.seconds)[:SLOWEST]
    return _Times(
        float(np.median(seconds)),
        sum(seconds),
        tuple((one.result.student, one.result.seconds) for one in slowest),
        histogram(seconds, _round_up(max(seconds)), unit="s"),
        tuple(_with_status(results, "timeout")),
        tuple(_with_status(results, "crashed")),
    )


def _with_status(results: ClassResults, status: str) -> Iterator[_Said]:
    for one in results.submissions:
        for question in one.result.questions:
            lost: Iterable[tuple[str, str, str]] = (
                [
                    (f"{question.id}/{part.name}", part.status, part.message)
                    for part in question.parts
                ]
                if question.parts
                else [(question.id, question.status, question.message)]
            )
            for where, found, message in lost:
                if found == status:
                    yield _Said(one.result.student, where, message)


def _round_up(seconds: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50, …

    >>> _round_up(0.31), _round_up(7.2), _round_up(120)
    (0.5, 10.0, 200.0)
    """
    power = 10.0 ** np.floor(np.log10(seconds))
    return float(
        next(step * power for step in (1, 2, 5, 10) if seconds <= step * power * (1 + 1e-9))
    )


# ---- words ---------------------------------------------------------------------------------------


def _same(pairs: Iterable[tuple[str, str]]) -> list[_Same]:
    """Texts with their students, the most frequent first."""
    found = defaultdict[str, list[str]](list)
    for text, student in pairs:
        found[text].append(student)
    ordered = sorted(found.items(), key=lambda one: (-len(one[1]), one[0]))
    return [_Same(text, tuple(students)) for text, students in ordered]


def _who(one: Recorded) -> str:
    return one.result.student


def _first_line(variant: Variant) -> str:
    return variant.reason.strip().splitlines()[0]


def _minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
