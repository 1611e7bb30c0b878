"""Builds an imported assignment and grades the course's own solution in both engines."""

from __future__ import annotations

import math
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from hwlib.errors import GradingError, HwlibError
from hwlib.grading.authoring.build import build_notebooks
from hwlib.grading.authoring.build import notebook_text as built_text
from hwlib.grading.authoring.leaks import leaks_between
from hwlib.grading.authoring.reading import load_notebooks
from hwlib.grading.cells import one_line
from hwlib.grading.course import Assignment
from hwlib.grading.grade import grade_many
from hwlib.grading.proof.variants import reference_notebooks
from hwlib.grading.proof.verify import SEED, hand_in_all, with_nbgrader
from hwlib.grading.results import Outcome, QuestionResult
from hwlib.grading.submissions.files import FoundSubmission

__all__ = ["Tried", "build_for_trial", "leaks_of", "passes", "tried"]


@dataclass(frozen=True, slots=True)
class Tried:
    """The course's own solution, graded by one engine."""

    questions: dict[str, QuestionResult]
    seconds: float
    problem: str = ""
    complaints: dict[str, str] = field(default_factory=dict)  # why a question can't be decided


def build_for_trial(assignment: Assignment) -> None:
    """Write source/ and release/ of an assignment, even if something would leak.

    Raises
    ------
    AuthoringError
        If there is a fault in its files.
    """
    load_notebooks(assignment)  # whose faults are those of all notebooks together
    for one in assignment.each_notebook():
        built = zip((one.source, one.release), build_notebooks(one), strict=True)
        for path, notebook in built:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(built_text(notebook), encoding="utf-8")
    for inside, content in _files(assignment).items():
        for folder in (assignment.source.parent, assignment.release.parent):
            target = folder / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def _files(assignment: Assignment) -> dict[str, bytes]:
    """What students get beside the notebooks, by its path."""
    folder = assignment.folder / "files"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def leaks_of(assignment: Assignment) -> list[str]:
    """What of the solutions and hidden tests students would get."""
    built = [build_notebooks(one) for one in assignment.each_notebook()]
    names = [one.release.name for one in assignment.each_notebook()]
    released = _files(assignment) | {
        name: built_text(release).encode() for name, (_, release) in zip(names, built, strict=True)
    }
    return [str(leak) for source, _ in built for leak in leaks_between(source, released)]


def tried(assignment: Assignment, engine: str) -> Tried:
    """Grade the course's own solution with one engine: "isolated" or "nbgrader"."""
    started = time.monotonic()
    complaints: dict[str, str] = {}
    try:
        with tempfile.TemporaryDirectory(prefix="hw-import-") as folder:
            submitted = Path(folder).resolve() / "submitted"
            found = hand_in_all(
                assignment, submitted, "reference", reference_notebooks(assignment), {}
            )
            if engine == "nbgrader":
                (result,) = with_nbgrader(assignment, [found])
            else:
                outcome = _isolated(assignment, found)
                result, complaints = outcome.result, dict(outcome.complaints)
    except (GradingError, HwlibError) as error:
        return Tried({}, time.monotonic() - started, one_line(str(error), 300))
    questions = {question.id: question for question in result.questions}
    problem = "; ".join(result.problems)[:300]
    return Tried(questions, time.monotonic() - started, problem, complaints)


def _isolated(assignment: Assignment, found: FoundSubmission) -> Outcome:
    ((_, outcome),) = grade_many(
        assignment,
        [found],
        seed=SEED,
        jobs=1,
        on_reference=lambda _: None,
        leave_to_humans=False,
    )
    return outcome


def passes(question: QuestionResult | None) -> bool:
    """Whether a question got all its points."""
    return (
        question is not None
        and question.status == "passed"
        and math.isclose(question.points, question.max_points, abs_tol=1e-9)
    )
