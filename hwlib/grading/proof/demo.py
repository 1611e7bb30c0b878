"""Shows the main job: builds an assignment, simulates a class of twelve, grades it and writes the
report.

The images come with the package, so nothing is downloaded.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hwlib.atomic import remove_folder
from hwlib.errors import CourseError
from hwlib.grading.authoring.build import build
from hwlib.grading.course import Assignment, Course
from hwlib.grading.grade import GradeOptions
from hwlib.grading.proof.simulate import simulate
from hwlib.grading.results import GradeReport

__all__ = ["DemoRun", "run_demo"]

SLUG, STUDENTS, SEED = "knn", 12, 1

GradeFunction = Callable[[Assignment, Path, Path, tuple[str, ...], GradeOptions], GradeReport]
ReportFunction = Callable[[Assignment, Path, Path], object]
REPORT = "report.html"


@dataclass(frozen=True, slots=True)
class DemoRun:
    """The results of the demo and the files that it wrote."""

    report: GradeReport
    seconds: float  # of grading
    folder: Path
    written: dict[str, str]  # name below `folder` → what it is


def run_demo(
    course: Course,
    say: Callable[[str], None],
    grade: GradeFunction,
    report: ReportFunction,
) -> DemoRun:
    """Build an assignment, simulate a class in demo/submitted, grade it into demo/, and write the
    report.

    Parameters
    ----------
    course : Course
    say : callable
        Called with a line of text for each step.
    grade : callable
        Grades a class: (assignment, submitted, output, students, options) → GradeReport.
    report : callable
        Writes the class report: (assignment, folder with the records, file) → None.

    Raises
    ------
    CourseError
        If demo/ is a symbolic link.
    """
    assignment = course.assignment(SLUG)
    folder = course.root / "demo"
    if folder.is_symlink():
        raise CourseError(
            f"{folder} is a symbolic link, but the demo must delete this folder; remove the link"
        )
    remove_folder(folder)
    say(f"1. Build {assignment.slug}: assignments/ → source/ and release/")
    build(assignment)
    say(f"2. Simulate a class of {STUDENTS} in {folder.name}/submitted")
    for one in simulate(assignment, STUDENTS, SEED, folder / "submitted"):
        say(f"   {one.student}: {one.note or one.kind}")
    say("3. Grade it: hidden tests run in the grader, and each student's code in its own process")
    started = time.monotonic()
    graded = grade(assignment, folder / "submitted", folder, (), GradeOptions())
    seconds = time.monotonic() - started
    say(f"4. Write the class report: {folder.name}/{REPORT}")
    report(assignment, folder, folder / REPORT)
    written = {
        REPORT: "the class report: scores, questions, common mistakes, what needs a human",
        "submitted/": "the submissions, in nbgrader's layout",
        "autograded/": "the graded notebooks, for the formgrader",
        "feedback/": "a feedback page for each student, with symptoms and hints",
        "gradebook.db": "nbgrader's gradebook",
    }
    return DemoRun(graded, seconds, folder, written)
