"""Joins the results of the notebooks of one hand-in: one score for an assignment with several.

Each notebook is graded as an assignment of its own, in processes of its own. A notebook that is
missing costs its questions. One that can't be read leaves them to a human, while the others count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hwlib.grading.engines.words import UNREADABLE, not_handed_in, waits
from hwlib.grading.results import (
    Outcome,
    QuestionResult,
    SubmissionResult,
    SubmissionStatus,
)
from hwlib.grading.submissions.files import FoundSubmission

__all__ = ["joined", "joined_results", "of_notebook"]


def of_notebook(found: FoundSubmission, name: str) -> FoundSubmission:
    """What a student handed in for one of several notebooks."""
    return replace(found.several[name], only=found.only) if name in found.several else found


def joined(found: FoundSubmission, outcomes: Mapping[str, Outcome]) -> Outcome:
    """The outcome of a whole hand-in.

    Parameters
    ----------
    found : FoundSubmission
    outcomes : mapping
        Name of a notebook → its outcome, in the order of the assignment.
    """
    every = list(outcomes.values())
    results = {name: one.result for name, one in outcomes.items()}
    return Outcome(
        joined_results(found, results),
        None,
        all(one.final for one in every),
        tuple(sorted({module for one in every for module in one.lacking})),
        {label: value for one in every for label, value in one.unique.items()},
        any(one.impeded for one in every),
        min(one.tier for one in every),
        {question: text for one in every for question, text in one.complaints.items()},
        {question: value for one in every for question, value in one.measured.items()},
        repairs=_told({name: one.repairs for name, one in outcomes.items()}),
        deaths=_told({name: one.deaths for name, one in outcomes.items()}),
        inputs={where: text for one in every for where, text in one.inputs.items()},
        notebooks={name: one.notebook for name, one in outcomes.items()},
    )


def joined_results(
    found: FoundSubmission, results: Mapping[str, SubmissionResult]
) -> SubmissionResult:
    """The same for the results alone."""
    rejected = all(one.status == "rejected" for one in results.values())
    questions: list[QuestionResult] = []
    for name, one in results.items():
        unread = one.status == "rejected" and not rejected
        questions += _of_unread(found, name, one.questions) if unread else one.questions
    waiting = any(
        one.status == "needs_manual" or any(question.status == "manual" for question in questions)
        for one in results.values()
    )
    status: SubmissionStatus = "rejected" if rejected else "needs_manual" if waiting else "graded"
    problems = _told({name: one.problems for name, one in results.items()})
    return SubmissionResult(
        found.student,
        status,
        tuple(questions),
        problems,
        sum(one.seconds for one in results.values()),
    )


def _told(lines: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The lines of all notebooks; each names its notebook."""
    named = [
        text if f"{name}.ipynb" in text else f"{name}.ipynb: {text}"
        for name, texts in lines.items()
        for text in texts
    ]
    return tuple(dict.fromkeys(named))


def _of_unread(
    found: FoundSubmission, name: str, questions: Sequence[QuestionResult]
) -> list[QuestionResult]:
    """The questions of a notebook that is missing, or that can't be read."""
    file = f"{name}.ipynb"
    if of_notebook(found, name).notebook is None:
        return [replace(one, message=not_handed_in(file)) for one in questions]
    reason = f"{file} could not be read"
    return [
        replace(one, status="manual", message=waits(reason)) if one.message == UNREADABLE else one
        for one in questions
    ]
