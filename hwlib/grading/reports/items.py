"""Measures questions and parts: how hard they are, and how well they tell students apart.

Difficulty is the mean share of the points, between 0 (nobody had any) and 1 (everybody had all).

Discrimination is the correlation between the points of one question and the share of the points
that the same students have in all others. For a question that is right or wrong this is the
point-biserial correlation. The question itself is left out of the rest, because it would correlate
with itself (S. Henrysson, "Correction of item-total correlations in item analysis", Psychometrika
28, 1963, 211-218).

Reliability is Cronbach's alpha (L. J. Cronbach, "Coefficient alpha and the internal structure of
tests", Psychometrika 16, 1951, 297-334).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from hwlib.grading.records.class_results import ClassResults, Recorded
from hwlib.grading.results import PartResult, QuestionResult

__all__ = ["FEW", "Item", "correlation", "cronbach_alpha", "items_of", "rating"]

FEW = 10  # students; with fewer, discrimination says little
# from which value on, and the word for it: R. L. Ebel and D. A. Frisbie, Essentials of Educational
# Measurement, 5th edition, 1991, chapter 13
RATINGS = ((0.4, "very good"), (0.3, "good"), (0.2, "fair"), (0.0, "weak"))
LOST = ("failed", "error", "timeout", "crashed")
"""The statuses of an answer that a test has found wrong."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question or one part of it, over a class."""

    name: str  # "question", or "question/part"
    title: str
    max_points: float
    students: int  # whose points are decided
    difficulty: float | None  # None: most answers wait for a human
    discrimination: float | None  # None: that, or everybody has the same, or too few students
    statuses: Mapping[str, int] = field(default_factory=dict)
    lost: int = 0  # answers that a test found wrong
    hinted: int = 0  # those of them with a hint
    parts: tuple[Item, ...] = ()
    extra_credit: bool = False  # its points count above the maximum

    @property
    def rating(self) -> str:
        """A word for the discrimination."""
        return "" if self.discrimination is None else rating(self.discrimination)


def rating(discrimination: float) -> str:
    """A word for a discrimination.

    >>> rating(0.45), rating(-0.1)
    ('very good', 'negative')
    """
    return next((word for least, word in RATINGS if discrimination >= least), "negative")


def correlation(x: Sequence[float], y: Sequence[float]) -> float | None:
    """Pearson's correlation; None for fewer than three pairs, or if one side is constant.

    >>> round(correlation([0, 0, 1, 1], [1, 2, 2, 3]), 3)
    0.707
    """
    if len(x) < 3 or np.ptp(x) < 1e-12 or np.ptp(y) < 1e-12:
        return None
    return float(np.corrcoef(x, y)[0, 1])


def cronbach_alpha(points: NDArray[np.float64]) -> float | None:
    """Reliability of a sum of questions.

    Parameters
    ----------
    points : array, shape (students, questions)

    Returns
    -------
    float or None
        None for fewer than two questions or three students, or if all have the same sum.
    """
    students, questions = points.shape
    if students < 3 or questions < 2:
        return None
    total = points.sum(axis=1).var(ddof=1)  # over students
    if total < 1e-12:
        return None
    return float(questions / (questions - 1) * (1 - points.var(axis=0, ddof=1).sum() / total))


def items_of(results: ClassResults) -> list[Item]:
    """Each question of the assignment with its parts, in the notebook's order.

    Submissions that could not be read are left out, and so are questions that wait for a human.
    """
    readable = [one for one in results.submissions if one.result.status != "rejected"]
    by_question: dict[str, list[tuple[Recorded, QuestionResult]]] = {
        cell.name: [] for cell in results.key.questions
    }
    for one in readable:
        for question in one.result.questions:
            if question.id in by_question:  # a question that is gone is no longer measured
                by_question[question.id].append((one, question))
    return [
        replace(
            _item(cell.name, cell.title, cell.points, by_question[cell.name]),
            extra_credit=cell.extra_credit,
        )
        for cell in results.key.questions
    ]


def is_decided(one: Recorded, question: QuestionResult) -> bool:
    """Whether its points are final: a test has decided, or a human has."""
    return question.status != "manual" or question.id in one.by_hand


def _item(
    name: str, title: str, max_points: float, found: list[tuple[Recorded, QuestionResult]]
) -> Item:
    decided = [(one, question) for one, question in found if is_decided(one, question)]
    # what is decided first are the empty answers, which tell nothing about the question
    is_known = 2 * len(decided) >= len(found)
    pairs = [(question.points, _rest(one, question)) for one, question in decided]
    parts: dict[str, list[tuple[Recorded, QuestionResult, PartResult]]] = {}
    for one, question in decided:
        if question.id not in one.by_hand:
            for part in question.parts:
                parts.setdefault(part.name, []).append((one, question, part))
    lost = [question for _, question in found if question.status in LOST]
    # a question's hint is that of its first lost part; each lost part has its own
    wrong = [part for one in lost for part in (one.parts or (one,)) if part.status in LOST]
    return Item(
        name,
        title,
        max_points,
        len(decided),
        _share((points for points, _ in pairs), max_points) if is_known else None,
        _discrimination(pairs) if is_known else None,
        Counter(question.status for _, question in found),
        len(wrong),
        sum(bool(one.hint) for one in wrong),
        tuple(_part(name, part, told) for part, told in parts.items()),
    )


def _part(
    question: str, name: str, found: list[tuple[Recorded, QuestionResult, PartResult]]
) -> Item:
    max_points = found[0][2].max_points
    pairs = [
        (part.points, _rest(one, whole, part.points, part.max_points)) for one, whole, part in found
    ]
    lost = [part for _, _, part in found if part.status in LOST]
    return Item(
        f"{question}/{name}",
        name,
        max_points,
        len(found),
        _share((points for points, _ in pairs), max_points),
        _discrimination(pairs),
        Counter(part.status for _, _, part in found),
        len(lost),
        sum(bool(part.hint) for part in lost),
    )


def _rest(
    one: Recorded,
    question: QuestionResult,
    points: float | None = None,
    max_points: float | None = None,
) -> float | None:
    """The share of the points in everything but this question, or this part of it."""
    decided = [other for other in one.result.questions if is_decided(one, other)]
    left = sum(other.max_points for other in decided)
    left -= question.max_points if max_points is None else max_points
    earned = sum(other.points for other in decided)
    earned -= question.points if points is None else points
    return earned / left if left > 1e-9 else None


def _share(points: Iterable[float], max_points: float) -> float | None:
    all_points = list(points)
    if not all_points or max_points <= 0:
        return None
    return sum(all_points) / len(all_points) / max_points


def _discrimination(pairs: Sequence[tuple[float, float | None]]) -> float | None:
    known = [(points, rest) for points, rest in pairs if rest is not None]
    return correlation([points for points, _ in known], [rest for _, rest in known])
