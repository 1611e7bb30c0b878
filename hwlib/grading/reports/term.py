"""The report of the term: all assignments of a course on one static page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hwlib.grading.course import Course
from hwlib.grading.proof.variants import load_variants
from hwlib.grading.records.class_results import ClassResults
from hwlib.grading.reports.charts import histogram
from hwlib.grading.reports.items import Item, items_of
from hwlib.grading.reports.mistakes import mistakes_of
from hwlib.grading.reports.page import MAX_ROWS, summary_of, templates

__all__ = ["term_report"]

LOOK_AT = 8  # questions of each kind
MISTAKES = 20
HALF = 0.5  # of the points


@dataclass(frozen=True, slots=True)
class Behind:
    """A student who has handed in little, or does badly now."""

    student: str
    share: float  # of all points, in %
    missing: tuple[str, ...]  # slugs


def term_report(
    course: Course,
    graded: Sequence[ClassResults],
    ungraded: Sequence[str] = (),
    now: datetime | None = None,
) -> str:
    """Make the page.

    Parameters
    ----------
    course : Course
    graded : sequence of ClassResults
        The assignments in the order of the term.
    ungraded : sequence of str
        Slugs of assignments of which nothing is graded.
    now : datetime, optional
        The time that the page gives as its own.
    """
    scores = _scores(graded)
    most = sum(one.max_score for one in graded)
    items = [(one.assignment.slug, item) for one in graded for item in items_of(one)]
    found = [
        (one.assignment.slug, mistake)
        for one in graded
        for mistake in mistakes_of(one, load_variants(one.assignment))
    ]
    return templates.get_template("report/term.html.j2").render(
        course=course,
        made=f"{now or datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        ungraded=list(ungraded),
        summaries=[summary_of(one) for one in graded],
        max_score=most,
        totals=histogram([100 * sum(one.values()) / most for one in scores.values()], 100.0),
        behind=_behind(graded, scores, most),
        look_at=_look_at(items),
        mistakes=sorted(found, key=lambda one: -one[1].count)[:MISTAKES],
        max_rows=MAX_ROWS,
    )


def _scores(graded: Sequence[ClassResults]) -> dict[str, dict[str, float]]:
    """Student → slug → score."""
    found: dict[str, dict[str, float]] = {}
    for one in graded:
        for submission in one.submissions:
            mine = found.setdefault(submission.result.student, {})
            mine[one.assignment.slug] = submission.result.score
    return found


def _behind(
    graded: Sequence[ClassResults], scores: dict[str, dict[str, float]], most: float
) -> list[Behind]:
    slugs = [one.assignment.slug for one in graded]
    last = graded[-2:]
    found = []
    for student, mine in scores.items():
        missing = tuple(slug for slug in slugs if slug not in mine)
        recent = sum(mine.get(one.assignment.slug, 0.0) for one in last)
        weak = recent < HALF * sum(one.max_score for one in last)
        if len(missing) >= 2 or weak:
            found.append(Behind(student, 100 * sum(mine.values()) / most, missing))
    return sorted(found, key=lambda one: (one.share, one.student))


def _look_at(items: Sequence[tuple[str, Item]]) -> list[tuple[str, Item]]:
    """The hardest questions and the least discriminating ones, each once."""
    hard = sorted(
        (one for one in items if one[1].difficulty is not None),
        key=lambda one: one[1].difficulty or 0.0,
    )
    flat = sorted(
        (one for one in items if one[1].discrimination is not None),
        key=lambda one: one[1].discrimination or 0.0,
    )
    chosen = [*hard[:LOOK_AT], *flat[:LOOK_AT]]
    return [one for i, one in enumerate(chosen) if one not in chosen[:i]]
