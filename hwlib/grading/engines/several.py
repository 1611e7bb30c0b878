"""Joins the results of the notebooks of one hand-in: one score for an assignment with several.

Each notebook is graded as an assignment of its own, in processes of its own. A notebook that is
missing costs its questions. One that can't be read leaves them to a human, while the others count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hwlib.grading.course import Assignment
from hwlib.grading.engines.isolated import ReferenceCheck
from hwlib.grading.engines.words import UNREADABLE, not_handed_in, waits
from hwlib.grading.results import (
    Outcome,
    ProvedTests,
    QuestionResult,
    SubmissionResult,
    SubmissionStatus,
)
from hwlib.grading.submissions.files import FoundSubmission

__all__ = ["graded_in_turn", "joined", "joined_results", "of_notebook"]


def graded_in_turn(
    grade: Callable[..., Iterator[tuple[FoundSubmission, Outcome]]],
    assignment: Assignment,
    submissions: Sequence[FoundSubmission],
    on_reference: Callable[[ReferenceCheck], None] | None = None,
    **options: Any,
) -> Iterator[tuple[FoundSubmission, Outcome]]:
    """Grade the notebooks of an assignment one after the other, each for the whole class.

    A submission is done with the last of them. What the references say is told once, of all.

    Parameters
    ----------
    grade : callable
        Grades submissions of an assignment with one notebook.
    assignment : Assignment
    submissions : sequence of FoundSubmission
    on_reference : callable, optional
        Gets what the course's own solution says about the tests, if `grade` can tell it.
    **options
        For `grade`.
    """
    outcomes = defaultdict[str, dict[str, Outcome]](dict)
    mine = {found.student: found for found in submissions}
    checks: list[ReferenceCheck] = []
    *_, last = views = assignment.each_notebook()
    if on_reference is not None:
        options["on_reference"] = checks.append
    for view in views:
        started = False
        these = [of_notebook(one, view.stem) for one in submissions]
        for found, outcome in grade(view, these, **options):
            if view is last and not started and checks and on_reference is not None:
                on_reference(_all_checks(checks))
            started = True
            outcomes[found.student][view.stem] = outcome
            if view is last:
                whole = mine[found.student]
                yield whole, joined(whole, outcomes.pop(found.student))


def _all_checks(checks: Sequence[ReferenceCheck]) -> ReferenceCheck:
    """What the references of several notebooks say together."""
    return ReferenceCheck(
        {name: text for one in checks for name, text in one.failing.items()},
        ProvedTests(
            frozenset[str]().union(*(one.proved.in_place for one in checks)),
            frozenset[str]().union(*(one.proved.confirmed for one in checks)),
            frozenset[str]().union(*(one.proved.modules for one in checks)),
            all(one.proved.lasting for one in checks),
        ),
    )


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
        noted={question: lines for one in every for question, lines in one.noted.items()},
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
    told = _told({name: one.problems for name, one in results.items()})
    problems = tuple(dict.fromkeys((*told, *_of_the_whole(found))))
    return SubmissionResult(
        found.student,
        status,
        tuple(questions),
        problems,
        sum(one.seconds for one in results.values()),
    )


def _of_the_whole(found: FoundSubmission) -> tuple[str, ...]:
    """What is said of a hand-in and of none of its notebooks, such as which team has made it."""
    told = {text for one in found.several.values() for text in one.problems}
    return tuple(text for text in found.problems if text not in told) if found.several else ()


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
