"""`hw demo`: it builds, makes a class and has it graded, all in a folder that it may make anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from courses import TINY, TINY_TOML, make_course

from hwlib.errors import CourseError
from hwlib.grading import Assignment, Course, GradeOptions, GradeReport
from hwlib.grading.proof.demo import SLUG, STUDENTS, run_demo

VARIANT = '"""Multiplies."""\nREPLACES = "half"\n\n\ndef half(x):\n    return 0.5 * x\n'
FAULTY = (
    '"""Takes half of twice."""\nREPLACES = "half"\nFAILS = ["half"]\nHINT = "check failed"\n\n\n'
    "def half(x):\n    return x\n"
)


class Grading:
    """Stands for the engine: notes what it was asked to grade."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Path, Path]] = []
        self.reported: list[tuple[str, Path, Path]] = []

    def __call__(
        self,
        assignment: Assignment,
        submitted: Path,
        output: Path,
        students: tuple[str, ...],
        options: GradeOptions,
    ) -> GradeReport:
        self.asked.append((assignment.slug, submitted, output))
        return GradeReport(assignment.slug, "isolated", "T0")

    def report(self, assignment: Assignment, output: Path, file: Path) -> None:
        self.reported.append((assignment.slug, output, file))


@pytest.fixture
def place(tmp_path: Path) -> Course:
    """A course whose assignment has the demo's name, with a wrong and a right solution."""
    course = make_course(tmp_path, SLUG, TINY, TINY_TOML)
    for kind, source in (("wrong", FAULTY), ("right", VARIANT)):
        folder = course.assignment(SLUG).folder / kind
        folder.mkdir()
        (folder / "one.py").write_text(source, encoding="utf-8")
    return course


def test_the_demo_builds_makes_a_class_and_grades_it(place: Course) -> None:
    said: list[str] = []
    grading = Grading()
    outcome = run_demo(place, said.append, grading, grading.report)
    assert place.assignment(SLUG).release.is_file()
    students = [path for path in (outcome.folder / "submitted").iterdir() if path.is_dir()]
    assert len(students) == STUDENTS
    assert grading.asked == [(SLUG, outcome.folder / "submitted", outcome.folder)]
    assert [line[:2] for line in said if line[0] != " "] == ["1.", "2.", "3.", "4."]
    assert grading.reported == [(SLUG, outcome.folder, outcome.folder / "report.html")]
    assert outcome.report.assignment == SLUG


def test_a_second_demo_begins_anew(place: Course) -> None:
    first = Grading()
    left = run_demo(place, lambda text: None, first, first.report).folder / "left.txt"
    left.write_text("from the last time")
    run_demo(place, lambda text: None, first, first.report)
    assert not left.exists()


def test_a_link_in_the_demos_place_is_refused_and_what_it_points_to_stays(
    place: Course, tmp_path_factory: pytest.TempPathFactory
) -> None:
    precious = tmp_path_factory.mktemp("precious")
    (precious / "thesis.txt").write_text("two years")
    (place.root / "demo").symlink_to(precious)
    with pytest.raises(CourseError, match="remove the link"):
        run_demo(place, lambda text: None, Grading(), Grading().report)
    assert (precious / "thesis.txt").read_text() == "two years"
