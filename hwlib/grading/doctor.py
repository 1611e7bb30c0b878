"""Checks which parts of the instructor's half work on this machine."""

from __future__ import annotations

import shutil
from importlib.metadata import version

from hwlib.diagnosis import Finding
from hwlib.errors import CourseError, GradingError
from hwlib.grading.course import find_course
from hwlib.grading.sandbox.tiers import proven_tier

__all__ = ["grading_findings"]


def grading_findings() -> list[Finding]:
    """Check nbgrader, the course, the isolation of student code, and optional programs."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    npm = shutil.which("npm")
    return [
        Finding("nbgrader", True, version("nbgrader")),
        _course(),
        _isolation(),
        Finding(
            "npm",
            npm is not None,
            npm or "not installed",
            "install Node.js only if data sets come from an npm registry that wants a login",
            needed=False,
        ),
        Finding(
            "Chromium",
            browser is not None,
            browser or "not installed",
            "apt-get install chromium, if you want to run the browser tests",
            needed=False,
        ),
    ]


def _course() -> Finding:
    try:
        course = find_course()
    except CourseError as error:
        return Finding("course", False, str(error), "go to the folder of the course", needed=False)
    return Finding(
        "course", True, f"{course.title}, {len(course.slugs())} assignments in {course.root}"
    )


def _isolation() -> Finding:
    """The tier that this machine proves, with a worker of its own."""
    try:
        return Finding("isolation", True, proven_tier())
    except GradingError as error:
        return Finding(
            "isolation",
            False,
            str(error),
            "grade on Linux from kernel 5.13 on, with libseccomp (apt-get install libseccomp2)",
            needed=False,
        )
