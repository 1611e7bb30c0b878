"""Counts mistakes: which hint or message, how often, who, and how often it is seen elsewhere."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hwlib.checks.pages import split_hint
from hwlib.grading.authoring.written import Variant
from hwlib.grading.records.class_results import ClassResults
from hwlib.grading.reports.items import LOST
from hwlib.grading.results import PartResult, QuestionResult

__all__ = ["Mistake", "mistakes_of", "unseen"]

EXAMPLES = 3  # students that are named
_NUMBER = re.compile(r"[-+]?\d[\d.,]*(?:[eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in one question or part."""

    where: str  # "question" or "question/part"
    text: str  # the hint; without one, what the check or the error says
    is_hint: bool
    count: int  # students
    share: float  # of those who handed in a readable notebook
    examples: tuple[str, ...]  # students
    wrong: tuple[str, ...] = ()  # files in wrong/ with this hint
    base_rate: str = ""  # how often it was seen elsewhere, such as "3 of 14 public solutions"


def mistakes_of(results: ClassResults, variants: Sequence[Variant] = ()) -> list[Mistake]:
    """The mistakes of a class, the most frequent first.

    Parameters
    ----------
    results : ClassResults
    variants : sequence of Variant
        The files in wrong/, whose hints and base rates are put beside the class's.
    """
    readable = [one for one in results.submissions if one.result.status != "rejected"]
    students = defaultdict[tuple[str, str, bool], list[str]](list)
    read = dict[tuple[str, str, bool], str]()  # all that the first of these students reads
    for one in readable:
        for question in one.result.questions:
            for where, lost in _lost(question):
                hint = split_hint(lost.hint)[0] if lost.hint else ""
                text = hint or _general(lost.message) or lost.status
                students[where, text, bool(hint)].append(one.result.student)
                read.setdefault((where, text, bool(hint)), f"{lost.message} {lost.hint}")
    found = []
    for (where, text, is_hint), names in students.items():
        said = read[where, text, is_hint]
        known = [one for one in variants if _matches(one, where, said)]
        found.append(
            Mistake(
                where,
                text,
                is_hint,
                len(names),
                len(names) / len(readable),
                tuple(names[:EXAMPLES]),
                tuple(one.name for one in known),
                "; ".join(dict.fromkeys(one.frequency for one in known if one.frequency)),
            )
        )
    return sorted(found, key=lambda one: (-one.count, one.where, one.text))


def unseen(found: Sequence[Mistake], variants: Sequence[Variant]) -> list[Variant]:
    """The mistakes with a base rate that nobody in the class has made."""
    seen = {name for one in found for name in one.wrong}
    return [one for one in variants if one.frequency and one.name not in seen]


def _lost(question: QuestionResult) -> Iterator[tuple[str, QuestionResult | PartResult]]:
    if not question.parts:
        if question.status in LOST:
            yield question.id, question
        return
    for part in question.parts:
        if part.status in LOST:
            yield f"{question.id}/{part.name}", part


def _general(message: str) -> str:
    """A message without its numbers, which differ from student to student."""
    return _NUMBER.sub("…", message)


def _matches(variant: Variant, where: str, text: str) -> bool:
    """Whether a file in wrong/ is about this mistake: its hint is in the text, and it loses this
    question or part.
    """
    question = where.partition("/")[0]
    loses = any(
        name in (where, question) or name.partition("/")[0] == where for name in variant.fails
    )
    return variant.kind == "wrong" and loses and variant.hint in text
