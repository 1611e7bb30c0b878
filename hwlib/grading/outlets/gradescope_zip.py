"""Builds the zip that an instructor uploads to Gradescope as the autograder of one assignment.

setup.sh, run_autograder      what Gradescope starts, see templates/gradescope/
requirements.txt              the versions that are installed here
wheels/                       hwlib and pip; with `wheels` all other packages, in wheels/all/
data.txt                      the data sets whose test images networks are measured on
data/                         with `wheels`: these data sets
course/                       the course with this one assignment: source/, release/, artifacts/
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hwlib import data as datasets
from hwlib.atomic import write_whole
from hwlib.errors import CourseError
from hwlib.grading.answer_key import AnswerKey, load_key
from hwlib.grading.course import Assignment
from hwlib.grading.engines.test_sets import data_sets_of
from hwlib.grading.outlets.own_wheel import own_wheel
from hwlib.grading.outlets.pinned import pinned_requirements
from hwlib.grading.outlets.same_bytes import zip_bytes
from hwlib.grading.outlets.wheelhouse import download_wheels, pip_wheel
from hwlib.grading.submissions.beside import regular_files
from hwlib.markers import BEGIN_HIDDEN

__all__ = ["GradescopeZip", "write_gradescope_zip"]

TEMPLATES = Path(__file__).parents[1] / "templates" / "gradescope"
PROGRAMS = ("setup.sh", "run_autograder")


@dataclass(frozen=True, slots=True)
class GradescopeZip:
    """A zip file that was written."""

    path: Path
    size_bytes: int
    points: float  # of the questions that tests grade
    manual_points: float  # of the questions that a human grades
    requirements: tuple[str, ...]
    python: str = ""  # the only version that wheels inside are for; "" without wheels


def write_gradescope_zip(
    assignment: Assignment, target: Path, *, wheels: bool = False
) -> GradescopeZip:
    """Write the autograder zip of an assignment. The same content gives the same bytes.

    Parameters
    ----------
    assignment : Assignment
    target : Path
        The zip file.
    wheels : bool
        Put all packages into the zip, so that Gradescope's build needs no network. This needs a
        network here.

    Raises
    ------
    CourseError
        If the assignment is not built, a package can't be had, or the file can't be written.
    """
    key = load_key(assignment)
    _require_shown(assignment, key)
    requirements = pinned_requirements(assignment, key)
    _require_found(assignment, requirements, wheels=wheels)
    address = assignment.gradescope.index
    index = [f"--extra-index-url {address}"] if address and not wheels else []
    wheel_name, wheel = own_wheel()
    files = {
        **{name: (TEMPLATES / name).read_bytes() for name in PROGRAMS},
        "requirements.txt": "".join(f"{line}\n" for line in (*index, *requirements)).encode(),
        f"wheels/{wheel_name}": wheel,
        **pip_wheel(),
        **_course(assignment),
    }
    measured = data_sets_of(key)
    if measured:
        files["data.txt"] = "".join(f"{name}\n" for name in measured).encode()
    if wheels:
        files |= _data(measured)
        with tempfile.TemporaryDirectory(prefix="hw-wheels-") as name:
            for path in download_wheels(requirements, Path(name)):
                files[f"wheels/all/{path.name}"] = path.read_bytes()
    content = zip_bytes(files, PROGRAMS)
    try:
        write_whole(target, content)
    except OSError as error:
        raise CourseError(
            f"{target}: cannot write this file ({error.strerror}); name a file in a folder that "
            "you can write to"
        ) from error
    by_hand = key.max_by_hand
    python = f"{sys.version_info.major}.{sys.version_info.minor}" if wheels else ""
    return GradescopeZip(
        target, len(content), key.max_score - by_hand, by_hand, tuple(requirements), python
    )


def _require_shown(assignment: Assignment, key: AnswerKey) -> None:
    """Everyone sees the leaderboard at once, so a question with hidden results can't be on it."""
    toml = assignment.folder / "assignment.toml"
    tests = {cell.name: cell for cell in key.by_role("test")}
    for question in assignment.gradescope.leaderboard:
        known = [name for name, cell in tests.items() if "accuracy(" in cell.source]
        if question not in known:
            found = "does not measure a network" if question in tests else "is no question"
            raise CourseError(
                f"{toml}: leaderboard: {question!r} {found}; use one that measures a network: "
                f"{', '.join(known) or 'this assignment has none'}"
            )
        shown = assignment.gradescope.hidden_tests == "visible"
        if BEGIN_HIDDEN in tests[question].source and not shown:
            raise CourseError(
                f"{toml}: leaderboard: {question!r} has hidden tests, and the leaderboard would "
                'show their result; remove it, or set hidden_tests = "visible"'
            )


def _require_found(assignment: Assignment, requirements: Sequence[str], *, wheels: bool) -> None:
    """A build such as 2.9.0+cpu is not in the index that pip uses by itself."""
    special = [line for line in requirements if "+" in line.partition("==")[2]]
    if special and not wheels and not assignment.gradescope.index:
        raise CourseError(
            f"{special[0]} is installed here, and pip finds such a build only in its own index; "
            "build the zip with --wheels, or name that index in assignment.toml: "
            '[gradescope] index = "https://HOST/PATH"'
        )


def _data(names: Sequence[str]) -> dict[str, bytes]:
    """The files of these data sets on this machine."""
    files: dict[str, bytes] = {}
    for one in datasets.status(names) if names else ():
        arrays = sorted(one.folder.glob("*.npy")) if one.folder and one.state == "whole" else []
        if not arrays:
            raise CourseError(
                f"{one.title} is not on this machine, and the zip needs it to measure networks "
                f"without a network; run `hw data fetch {one.name}`"
            )
        files |= {f"data/{one.name}/{path.name}": path.read_bytes() for path in arrays}
    return files


def _course(assignment: Assignment) -> dict[str, bytes]:
    """A course of this one assignment. notebook.py and the variants are not needed for grading."""
    root, slug = assignment.course.root, assignment.slug
    files = {
        "course/course.toml": assignment.course.for_one_assignment().encode(),
        f"course/assignments/{slug}/assignment.toml": (
            assignment.folder / "assignment.toml"
        ).read_bytes(),
    }
    paths = [path for one in assignment.each_notebook() for path in (one.source, one.release)]
    for folder in (
        assignment.source.parent,
        assignment.release.parent,
        assignment.folder / "artifacts",
    ):
        paths += regular_files(folder) if folder.is_dir() else ()
    files |= {
        f"course/{path.relative_to(root).as_posix()}": path.read_bytes()
        for path in paths
        if path.is_file()
    }
    return files
