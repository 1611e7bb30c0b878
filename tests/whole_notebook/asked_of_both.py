"""Small questions that are asked of both engines: what nbgrader says is what the notebook gives."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from pathlib import Path

from courses import hand_in, make_assignment, with_code

from hwlib.grading import GradeOptions, grade_assignment
from hwlib.grading.course import Assignment
from hwlib.grading.grade import Engine
from hwlib.grading.proof.variants import reference_notebook

__all__ = ["Asked", "asked", "make_class", "verdicts"]

TOML = (
    'title = "Asked"\npoints = {points}\nminutes = 1\n'
    "[limits]\nquestion_s = 10.0\nsubmission_s = 300.0\nmemory_mb = 4096\n"
)


@dataclass(frozen=True)
class Asked:
    """One question: the course's solution, its test, and a student's code for each word."""

    name: str
    solution: str
    test: str
    codes: dict[str, str]  # student → code; of others, the course's own


def asked(name: str, solution: str, test: str, **codes: str) -> Asked:
    """A question whose code is without the indentation that it has here."""
    code_of = {student: _text(code) for student, code in codes.items()}
    return Asked(name, _text(solution), _text(test), code_of)


def _text(code: str) -> str:
    return textwrap.dedent(code).strip() + "\n"


def make_class(
    root: Path, setup: str, questions: tuple[Asked, ...], students: tuple[str, ...]
) -> Assignment:
    """The course, and what the students hand in."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'asked'\n", encoding="utf-8"
    )
    cells = [f"# %% [markdown]\n# # Asked\n# Of both.\n\n# %% setup\n{_text(setup)}"]
    for one in questions:
        cells += [
            f'# %% solution="{one.name}"\n### BEGIN SOLUTION\n{one.solution}### END SOLUTION\n',
            f'# %% test="{one.name}" points=1\n{one.test}',
        ]
    toml = TOML.format(points=len(questions))
    assignment = make_assignment(root, "asked", "\n".join(cells), toml)
    reference = reference_notebook(assignment)
    for student in students:
        code_of = {one.name: one.codes.get(student, one.solution) for one in questions}
        hand_in(assignment, student, json.dumps(with_code(reference, code_of)))
    return assignment


def verdicts(
    assignment: Assignment, engine: Engine, jobs: int | None = None
) -> dict[str, dict[str, str]]:
    """Student → question → status."""
    root = assignment.course.root
    options = GradeOptions(engine=engine, jobs=jobs)
    report = grade_assignment(assignment, root / "submitted", root / engine, options=options)
    return {
        one.student: {question.id: question.status for question in one.questions}
        for one in report.submissions
    }
