"""The class that benchmarks/grading.py grades: twenty submissions of knn, each with its own kind of
work, in a course of their own.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from hwlib.grading import Assignment, Course, find_course
from hwlib.grading.proof.variants import reference_notebook

__all__ = ["LIMIT_S", "SLUG", "Handed", "make_class"]

SLUG = "knn"
LIMIT_S = 5.0  # for one question, in every engine; only the endless loop gets there

Kind = Literal["honest", "wrong", "slow", "raising", "endless"]


@dataclass(frozen=True, slots=True)
class Handed:
    """One submission of the class."""

    student: str
    kind: Kind
    what: str
    path: Path


@dataclass(frozen=True, slots=True)
class _Edit:
    """A piece of the reference solution, and what this student wrote in its place."""

    kind: Kind
    what: str
    old: str
    new: str


INNER = "distances[i, j] = norm(X[i] - X_train[j])"
EXPANDED = "squared = squares_test - 2 * X @ X_train.T + squares_train   # (num_test, num_train)"
LOOPS = "squared = np.array([[sum((x - t) ** 2) for t in X_train] for x in X])"
EDITS = (
    _Edit(
        "wrong",
        "the root forgotten",
        "return np.sqrt(np.maximum(squared, 0))",
        "return np.maximum(squared, 0)",
    ),
    _Edit("wrong", "a sum instead of a difference", "squares_test - 2 * X", "squares_test + 2 * X"),
    _Edit(
        "wrong", "always the 2-norm", INNER, "distances[i, j] = np.linalg.norm(X[i] - X_train[j])"
    ),
    _Edit("wrong", "one neighbour too many", "[:, :k]", "[:, :k + 1]"),
    _Edit(
        "wrong",
        "ties to the largest label",
        "labels[np.argmax(counts)]",
        "labels[::-1][np.argmax(counts[::-1])]",
    ),
    _Edit(
        "wrong",
        "the accuracy, not the error",
        "np.asarray(y_pred) != np.asarray(y_true)",
        "np.asarray(y_pred) == np.asarray(y_true)",
    ),
    _Edit(
        "wrong", "no root of rounding errors", "np.sqrt(np.maximum(squared, 0))", "np.sqrt(squared)"
    ),
    _Edit(
        "slow",
        "subtracts entry by entry",
        INNER,
        "distances[i, j] = norm(np.array([a - b for a, b in zip(X[i], X_train[j])]))",
    ),
    _Edit("slow", "two loops where none was asked for", EXPANDED, LOOPS),
    _Edit(
        "raising",
        "a name misspelt",
        "np.unique(votes, return_counts=True)",
        "np.unique(vote, return_counts=True)",
    ),
    _Edit("raising", "shapes that do not fit", "X @ X_train.T", "X @ X_train"),
    _Edit(
        "endless", "a loop that never ends", INNER, f"{INNER}\n                while i == j: pass"
    ),
)


def make_class(folder: Path, students: int = 20) -> tuple[Assignment, list[Handed]]:
    """Write a course and submitted/ below `folder`; of `students` submissions those beyond the
    edited ones are honest.
    """
    assignment = _copy_course(find_course(Path(__file__).parent), folder)
    edits: list[_Edit | None] = [*EDITS, *[None] * (students - len(EDITS))]
    order = np.random.default_rng(0).permutation(len(edits))
    handed = [
        _hand_in(assignment, folder / "submitted", f"s{number:02}", edits[index])
        for number, index in enumerate(order, 1)
    ]
    return assignment, handed


def _copy_course(course: Course, folder: Path) -> Assignment:
    for name in ("course.toml", "nbgrader_config.py"):
        shutil.copyfile(course.root / name, folder / name)
    for name in ("assignments", "source", "release"):
        shutil.copytree(course.root / name / SLUG, folder / name / SLUG)
    toml = folder / "assignments" / SLUG / "assignment.toml"
    text = toml.read_text(encoding="utf-8").partition("[limits]")[0]
    toml.write_text(
        f"{text}[limits]\nquestion_s = {LIMIT_S}\nsubmission_s = {8 * LIMIT_S}\n", encoding="utf-8"
    )
    return find_course(folder).assignment(SLUG)


def _hand_in(assignment: Assignment, submitted: Path, student: str, edit: _Edit | None) -> Handed:
    notebook = reference_notebook(assignment)
    solutions = [
        cell for cell in notebook.cells if cell.metadata.get("hwlib", {}).get("role") == "solution"
    ]
    for cell in solutions:
        cell.source += f"\n# handed in by {student}"  # so that no two are the same to any cache
    if edit is not None:
        places = [cell for cell in solutions if edit.old in cell.source]
        if len(places) != 1 or places[0].source.count(edit.old) != 1:
            raise SystemExit(
                f"{assignment.source}: expected {edit.old!r} once in the reference solution; "
                "bring benchmarks/grading_class.py up to date with it"
            )
        places[0].source = places[0].source.replace(edit.old, edit.new)
    path = submitted / student / SLUG / f"{SLUG}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")
    return Handed(
        student,
        edit.kind if edit else "honest",
        edit.what if edit else "the reference solution",
        path,
    )
