"""A simulated class: every kind of submission, the same for the same seed, and nothing real is overwritten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hwlib.errors import CourseError
from hwlib.grading.build import build
from hwlib.grading.course import Assignment, Course
from hwlib.grading.scaffold import new_assignment
from hwlib.grading.simulate import WEIGHTS, simulate
from hwlib.grading.submissions import find_submissions


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    root = tmp_path_factory.mktemp("course")
    course = Course(root, "A course", "https://github.com/example/course")
    (root / "course.toml").write_text('title = "A course"\nrepository = "https://github.com/example/course"\n')
    new_assignment(course, "fresh")
    build(course.assignment("fresh"))
    return course.assignment("fresh")


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_twelve_students_show_every_kind(assignment: Assignment, tmp_path: Path) -> None:
    made = simulate(assignment, 12, 0, tmp_path)
    assert {one.kind for one in made} == set(WEIGHTS)
    assert [found.student for found in find_submissions(assignment, tmp_path)] == sorted(one.student for one in made)
    assert all((tmp_path / one.student / "fresh" / "timestamp.txt").is_file() for one in made)


def test_the_same_seed_makes_the_same_class(assignment: Assignment, tmp_path: Path) -> None:
    simulate(assignment, 20, 5, tmp_path / "a")
    simulate(assignment, 20, 5, tmp_path / "b")
    simulate(assignment, 20, 6, tmp_path / "c")
    assert tree(tmp_path / "a") == tree(tmp_path / "b") != tree(tmp_path / "c")


def test_what_is_known_for_certain_stands_beside_the_class(assignment: Assignment, tmp_path: Path) -> None:
    made = simulate(assignment, 12, 1, tmp_path)
    report = json.loads((tmp_path / "simulated.json").read_text())
    assert [one["student"] for one in report["submissions"]] == [one.student for one in made]
    assert next(one.score for one in made if one.kind == "blank") == 0
    assert next(one.status for one in made if one.kind == "unreadable") == "rejected"


def test_a_real_submission_is_never_overwritten(assignment: Assignment, tmp_path: Path) -> None:
    real = tmp_path / "student-001" / "fresh"
    real.mkdir(parents=True)
    (real / "fresh.ipynb").write_text("{}")
    with pytest.raises(CourseError, match="was not made by"):
        simulate(assignment, 3, 0, tmp_path)
    assert (real / "fresh.ipynb").read_text() == "{}"


def test_a_smaller_class_replaces_a_larger_simulated_one(assignment: Assignment, tmp_path: Path) -> None:
    simulate(assignment, 14, 0, tmp_path)
    simulate(assignment, 3, 0, tmp_path)
    assert len(find_submissions(assignment, tmp_path)) == 3
