"""nbgrader's own machinery on a class in which almost everything goes wrong: each submission once, none stops the others."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from tiny_course import hand_in, make_tiny, released, solved

from hwlib.grading.course import Assignment
from hwlib.grading.grade import GradeOptions, grade_assignment
from hwlib.grading.results import GradeReport

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def make_class(root: Path) -> Assignment:
    assignment = make_tiny(root)
    hand_in(root, "blank", released(assignment))
    hand_in(root, "crash", solved(assignment, solution_half="import os\ndef half(x):\n    os._exit(1)"))
    hand_in(root, "error", solved(assignment, solution_half="def half(x):\n    raise ValueError('no luck')"))
    hand_in(root, "loud", solved(assignment, solution_half="import sys\ndef half(x):\n    return x / 2\nprint('to stderr', file=sys.stderr)"))
    hand_in(root, "loop", solved(assignment, solution_half="def half(x):\n    while True: pass"))
    hand_in(root, "right", solved(assignment))
    stripped = solved(assignment)
    for cell in stripped.cells:
        cell.metadata = nbformat.from_dict({})
    hand_in(root, "stripped", stripped)
    hand_in(root, "truncated", json.dumps(solved(assignment))[:500])
    twice = {**solved(assignment), "cells": [*solved(assignment).cells, *released(assignment).cells[:6]]}
    hand_in(root, "twice", json.dumps(twice))
    hand_in(root, "wrong", solved(assignment, solution_half="def half(x):\n    return x"))
    return assignment


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[GradeReport, Path]:
    root = tmp_path_factory.mktemp("class")
    assignment = make_class(root)
    return grade_assignment(assignment, root / "submitted", root, options=GradeOptions(engine="nbgrader")), root


def test_each_submission_is_there_once_with_its_score(report: tuple[GradeReport, Path]) -> None:
    found = {one.student: (one.status, one.score) for one in report[0].submissions}
    assert len(found) == len(report[0].submissions) == 10
    assert found == {
        "blank": ("graded", 0), "crash": ("needs_manual", 4), "error": ("needs_manual", 4), "loop": ("needs_manual", 4),
        "loud": ("needs_manual", 8), "right": ("needs_manual", 8), "stripped": ("needs_manual", 8), "truncated": ("rejected", 0),
        "twice": ("needs_manual", 8), "wrong": ("needs_manual", 4)}


def test_each_question_says_what_happened(report: tuple[GradeReport, Path]) -> None:
    statuses = {one.student: one.question("half").status for one in report[0].submissions}
    assert statuses == {"blank": "missing", "crash": "crashed", "error": "error", "loop": "timeout", "loud": "passed", "right": "passed",
                        "stripped": "passed", "truncated": "missing", "twice": "passed", "wrong": "failed"}


def test_no_message_shows_a_hidden_test(report: tuple[GradeReport, Path]) -> None:
    assert "hidden-secret" not in report[0].to_json()


def test_the_gradebook_has_every_student_once(report: tuple[GradeReport, Path]) -> None:
    _, root = report
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        students = [one.student.id for one in gradebook.assignment_submissions("tiny")]
        assert sorted(students) == sorted(one.student for one in report[0].submissions)
    assert len(list((root / "autograded").glob("*/tiny/tiny.ipynb"))) == 10
