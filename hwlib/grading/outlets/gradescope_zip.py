"""Builds the zip that an instructor uploads to Gradescope as the autograder of one assignment.

setup.sh, run_autograder      what Gradescope starts, see templates/gradescope/
requirements.txt              the versions that are installed here
wheels/                       hwlib and pip; with `wheels` all other packages, in wheels/all/
course/                       the course with this one assignment: source/, release/, artifacts/
"""

from __future__ import annotations

import ensurepip
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hwlib.atomic import write_whole
from hwlib.errors import CourseError
from hwlib.grading.answer_key import load_key
from hwlib.grading.course import Assignment
from hwlib.grading.outlets.own_wheel import own_wheel
from hwlib.grading.outlets.pinned import pinned_requirements
from hwlib.grading.outlets.same_bytes import zip_bytes
from hwlib.grading.submissions.files import regular_files

__all__ = ["GradescopeZip", "write_gradescope_zip"]

TEMPLATES = Path(__file__).parents[1] / "templates" / "gradescope"
PROGRAMS = ("setup.sh", "run_autograder")
# the wheels for Gradescope's images; a Python of this machine's version runs there
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")


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
    requirements = pinned_requirements(assignment, key)
    wheel_name, wheel = own_wheel()
    files = {
        **{name: (TEMPLATES / name).read_bytes() for name in PROGRAMS},
        "requirements.txt": "".join(f"{line}\n" for line in requirements).encode(),
        f"wheels/{wheel_name}": wheel,
        **_pip(),
        **_course(assignment),
    }
    if wheels:
        files |= _wheelhouse(requirements)
    content = zip_bytes(files, PROGRAMS)
    try:
        write_whole(target, content)
    except OSError as error:
        raise CourseError(
            f"{target}: cannot write this file ({error.strerror}); name a file in a folder that "
            "you can write to"
        ) from error
    by_hand = sum(cell.points for cell in key.questions if cell.role == "answer")
    python = f"{sys.version_info.major}.{sys.version_info.minor}" if wheels else ""
    return GradescopeZip(
        target, len(content), key.max_score - by_hand, by_hand, tuple(requirements), python
    )


def _course(assignment: Assignment) -> dict[str, bytes]:
    """A course of this one assignment. notebook.py and the variants are not needed for grading."""
    root, slug = assignment.course.root, assignment.slug
    title = json.dumps(assignment.course.title, ensure_ascii=False)
    files = {
        "course/course.toml": f"title = {title}\n".encode(),
        f"course/assignments/{slug}/assignment.toml": (
            assignment.folder / "assignment.toml"
        ).read_bytes(),
    }
    paths = [assignment.source, assignment.release]
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


def _pip() -> dict[str, bytes]:
    """The wheel of pip that comes with Python: images may have none, or one that is too old."""
    found = sorted((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
    found = found or sorted(Path("/usr/share/python-wheels").glob("pip-*.whl"))
    if not found:
        raise CourseError(
            "this Python comes without pip's wheel, which the zip needs; install it "
            "(apt-get install python3-venv), or run hw with Python from python.org"
        )
    return {f"wheels/{found[-1].name}": found[-1].read_bytes()}


def _wheelhouse(requirements: list[str]) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory(prefix="hw-wheels-") as name:
        folder = Path(name)
        (folder / "requirements.txt").write_text("".join(f"{line}\n" for line in requirements))
        command = [sys.executable, "-m", "pip"]
        if subprocess.run([*command, "--version"], capture_output=True, check=False).returncode:
            ((name, content),) = _pip().items()
            wheel = folder / Path(name).name
            wheel.write_bytes(content)
            command = [sys.executable, str(wheel / "pip")]
        command += ["download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary", ":all:", "--dest", str(folder / "all")]
        for platform in PLATFORMS:
            command += ["--platform", platform]
        done = subprocess.run(
            [*command, "--requirement", str(folder / "requirements.txt")],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if "ERROR" in line]
            raise CourseError(
                f"--wheels: pip can't download a package ({' '.join(lines[-1:])[:300]}); check the "
                "network, or build the zip without --wheels"
            )
        return {
            f"wheels/all/{path.name}": path.read_bytes()
            for path in sorted((folder / "all").iterdir())
        }
