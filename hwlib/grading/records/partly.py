"""Puts questions that were graded again into a kept result, whose other questions still hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nbformat import NotebookNode

from hwlib.grading.records.cache import Kept
from hwlib.grading.results import Outcome, SubmissionStatus

__all__ = ["joined_with_kept"]


def joined_with_kept(
    outcome: Outcome, kept: Kept, notebook: NotebookNode, order: Sequence[str]
) -> Outcome:
    """The outcome of all questions.

    Parameters
    ----------
    outcome : Outcome
        Of the questions that have changed.
    kept : Kept
        Of all questions, before the change. A question that it lacks is in `outcome`.
    notebook : NotebookNode
        The submission as it was graded then.
    order : sequence of str
        The questions of the assignment now.
    """
    new = {one.id: one for one in outcome.result.questions}
    old = {one.id: one for one in kept.result.questions}
    questions = tuple(new.get(name) or old[name] for name in order)
    gone = {line for name in kept.noted if name in new for line in kept.noted[name]}
    before = [line for line in kept.result.problems if line not in gone]
    more = [line for lines in outcome.noted.values() for line in lines]
    problems = tuple(dict.fromkeys((*before, *more, *outcome.deaths)))
    manual = any(one.status == "manual" for one in questions)
    status: SubmissionStatus = "needs_manual" if manual else "graded"
    inputs = {
        where: text for where, text in kept.inputs.items() if where.partition("/")[0] not in new
    }
    noted = {name: lines for name, lines in kept.noted.items() if name not in new}
    result = replace(
        outcome.result,
        status=status,
        questions=questions,
        problems=problems,
        seconds=kept.result.seconds + outcome.result.seconds,
    )
    return replace(
        outcome,
        result=result,
        notebook=notebook,
        lacking=tuple(sorted({*kept.lacking, *outcome.lacking})),
        unique=kept.unique | outcome.unique,
        tier=min(kept.tier, outcome.tier),
        repairs=kept.repairs,
        deaths=tuple(dict.fromkeys((*kept.deaths, *outcome.deaths))),
        inputs=inputs | outcome.inputs,
        noted=noted | outcome.noted,
    )
