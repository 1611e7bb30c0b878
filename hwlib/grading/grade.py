"""Grade a class and write everything down: what `hw grade` does, as functions that a script can
call.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from nbformat import NotebookNode

from hwlib.errors import CourseError
from hwlib.grading.answer_key import AnswerKey, load_key
from hwlib.grading.course import Assignment
from hwlib.grading.engines.isolated import Outcome
from hwlib.grading.engines.nbgrader import grade_with_nbgrader
from hwlib.grading.engines.pool import grade_class, grade_many
from hwlib.grading.records.cache import ResultCache, write_atomically
from hwlib.grading.records.feedback import feedback_page
from hwlib.grading.records.gradebook import GradeStore, Mark
from hwlib.grading.results import GradeReport, SubmissionResult, SubmissionStatus
from hwlib.grading.submissions.files import FoundSubmission, find_submissions

__all__ = ["Engine", "GradeOptions", "grade_assignment", "grade_notebook_file"]

Engine = Literal["isolated", "nbgrader"]
OnResult = Callable[[SubmissionResult], None]


@dataclass(frozen=True, slots=True)
class GradeOptions:
    """How to grade: the options of `hw grade`."""

    engine: Engine = "isolated"
    jobs: int | None = None
    force: bool = False
    seed: int | None = None
    db_url: str | None = None


def grade_assignment(
    assignment: Assignment,
    submitted: Path,
    output: Path,
    students: Sequence[str] = (),
    options: GradeOptions | None = None,
    on_start: Callable[[int], None] = lambda count: None,
    on_result: OnResult = lambda result: None,
) -> GradeReport:
    """Grade submitted/STUDENT/SLUG/ and write autograded/, feedback/ and the gradebook below
    `output`.

    Parameters
    ----------
    assignment : Assignment
    submitted, output : Path
    students : sequence of str
        Only these; default all.
    options : GradeOptions, optional
    on_start, on_result : callable
        Told how many submissions there are, then each result: for a progress bar.

    Returns
    -------
    GradeReport
        Every submission found, exactly once.

    Raises
    ------
    CourseError
        If there is nothing to grade, or a student who was asked for has handed nothing in.
    """
    options = options or GradeOptions()
    found = find_submissions(assignment, submitted, students)
    if not found:
        slug = assignment.slug
        raise CourseError(
            f"{submitted}: no submission of {slug}; expected STUDENT/{slug}/{slug}.ipynb there, or "
            "name another --submitted"
        )
    output.mkdir(parents=True, exist_ok=True)
    on_start(len(found))
    if options.engine == "nbgrader":
        return _grade_with_nbgrader(assignment, found, output, options, on_result)
    return _grade_isolated(
        assignment, found, submitted.resolve(), output.resolve(), options, on_result
    )


def _grade_isolated(
    assignment: Assignment,
    found: list[FoundSubmission],
    submitted: Path,
    output: Path,
    options: GradeOptions,
    on_result: OnResult,
) -> GradeReport:
    key = load_key(assignment)
    with GradeStore(assignment, output, options.db_url) as store:
        store.prepare()
        recorded = store.students()
        # read once, and only where kept results are used
        before = functools.cache(store.marks_of_class)

        def record(submission: FoundSubmission, outcome: Outcome) -> SubmissionResult:
            result = store.write(
                outcome.result, outcome.notebook, submission.timestamp, folder=submission.folder
            )
            _write_feedback(assignment, key, store, output, result, outcome.notebook)
            return result

        return grade_class(
            assignment,
            found,
            output=output,
            record=record,
            jobs=options.jobs,
            force=options.force,
            seed=options.seed,
            hidden=(submitted,),
            on_result=on_result,
            stands=lambda result: (
                result.student in recorded
                and _is_written(assignment, output, result.student)
                and _is_in_gradebook(result, before().get(result.student, {}))
            ),
            refresh=lambda result: _with_human_grades(before().get(result.student, {}), result),
        )


def _is_written(assignment: Assignment, output: Path, student: str) -> bool:
    notebook = output / "autograded" / student / assignment.slug / f"{assignment.slug}.ipynb"
    return notebook.is_file() and _feedback_path(assignment, output, student).is_file()


def _is_in_gradebook(result: SubmissionResult, marks: Mapping[str, Mark]) -> bool:
    """Whether the gradebook has these points: another program, or nbgrader's engine, may have
    written others since.
    """
    for question in result.questions:
        mark = marks.get(question.id)
        if mark is None or (
            mark.by_hand is None
            and not math.isclose(mark.automatic or 0.0, question.points, abs_tol=1e-9)
        ):
            return False
    return True


def _feedback_path(assignment: Assignment, output: Path, student: str) -> Path:
    return output / "feedback" / student / assignment.slug / f"{assignment.slug}.html"


def _write_feedback(
    assignment: Assignment,
    key: AnswerKey,
    store: GradeStore,
    output: Path,
    result: SubmissionResult,
    notebook: NotebookNode | None,
) -> None:
    path = _feedback_path(assignment, output, result.student)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(
        path,
        feedback_page(
            result,
            key,
            notebook,
            title=assignment.title,
            comments=store.human_comments(result.student),
            late_penalty=store.late_penalty(result.student),
        ),
    )


def _with_human_grades(marks: Mapping[str, Mark], result: SubmissionResult) -> SubmissionResult:
    """A kept result with the points that humans have given by now."""
    given = {name: mark.by_hand for name, mark in marks.items() if mark.by_hand is not None}
    if not given:
        return result
    questions = tuple(
        replace(q, points=given[q.id]) if q.id in given else q for q in result.questions
    )
    waiting = any(mark.needs_look for mark in marks.values())
    status: SubmissionStatus = (
        result.status if result.status == "rejected" else "needs_manual" if waiting else "graded"
    )
    return replace(result, questions=questions, status=status)


def _grade_with_nbgrader(
    assignment: Assignment,
    found: list[FoundSubmission],
    output: Path,
    options: GradeOptions,
    on_result: OnResult,
) -> GradeReport:
    seed = ResultCache(assignment, output, "nbgrader").seed(options.seed)
    results = tuple(
        grade_with_nbgrader(
            assignment, found, output=output, db_url=options.db_url, seed=seed, on_result=on_result
        )
    )
    return GradeReport(assignment.slug, "nbgrader", "T0", results)


def grade_notebook_file(
    assignment: Assignment, notebook: Path, student: str = "", seed: int | None = None
) -> GradeReport:
    """Grade one notebook file (and the model files beside it) without a class: nothing is written.

    Raises
    ------
    CourseError
        If there is no such file.
    """
    notebook = notebook.resolve()
    if not notebook.is_file():
        raise CourseError(f"{notebook}: no such file; expected a notebook")
    found = FoundSubmission(student or notebook.stem, notebook.parent, notebook, None)
    results = tuple(
        outcome.result
        for _, outcome in grade_many(assignment, [found], seed=0 if seed is None else seed, jobs=1)
    )
    return GradeReport(assignment.slug, "isolated", "T0", results)
