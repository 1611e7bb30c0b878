"""The zip of `hwlib.submit` is taken as it is by every way in, and graded as the rehearsal said."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from courses import make_tiny, solved

from hwlib.grading import Assignment, GradeOptions, grade_assignment
from hwlib.grading.outlets.collect import collect
from hwlib.handin import submit

WRONG = "def double(x):\n    return x + 2"  # right for 2 only


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    return make_tiny(tmp_path_factory.mktemp("course"))


@pytest.fixture
def packed(tiny: Assignment, tmp_path: Path) -> Path:
    """ada-tiny.zip, from a notebook with another name, and what the rehearsal said."""
    folder = tmp_path / "of a student"
    folder.mkdir()
    notebook = solved(tiny, solution_double=WRONG)
    (folder / "tiny (1).ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
    zipped = submit("tiny", folder=folder)
    assert zipped is not None
    return Path(shutil.move(zipped, folder / "ada-tiny.zip"))


def points(tiny: Assignment, submitted: Path, output: Path) -> dict[str, float]:
    options = GradeOptions(sandbox=False, jobs=1)
    (one,) = grade_assignment(tiny, submitted, output, options=options).submissions
    assert one.student == "ada"
    assert one.problems == ()
    return {question.id: question.points for question in one.questions}


def test_hw_collect_and_hw_grade_take_it_and_give_what_the_rehearsal_promised(
    tiny: Assignment, packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "again"
    folder.mkdir()
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(folder)
    submit("tiny", folder=folder, rehearse=True)
    said = capsys.readouterr().out
    promised = {
        name: float(got) for name, got in re.findall(r"^  . (\S+) +([\d.]+) of", said, re.MULTILINE)
    }
    assert promised == {"double": 3, "double-negative": 0, "half": 4}
    submitted = tmp_path / "submitted"
    collect(tiny.course, [packed], submitted)
    graded = points(tiny, submitted, tmp_path / "out")
    del graded["why"]  # by hand
    # the hidden check of `double` fails; what has no hidden check has the points that were promised
    assert graded == {**promised, "double": 0}


def test_it_may_lie_in_submitted_as_it_is(tiny: Assignment, packed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "submitted" / "ada" / "tiny"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(folder)
    assert points(tiny, tmp_path / "submitted", tmp_path / "out")["half"] == 4


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace_12_assignsubmission_file/tiny.zip",  # Moodle
        "lovelaceada_12_345_tiny.zip",  # Canvas
    ],
)
def test_moodle_and_canvas_export_it_and_hw_collect_takes_that(
    tiny: Assignment, packed: Path, tmp_path: Path, name: str
) -> None:
    export = tmp_path / "export.zip"
    with zipfile.ZipFile(export, "w") as archive:
        archive.write(packed, name)
    (one,) = collect(tiny.course, [export], tmp_path / "submitted")
    assert (one.folder / "tiny.ipynb").is_file()
    assert one.problems == ()


def test_nbgraders_zip_collect_takes_it(tiny: Assignment, packed: Path, tmp_path: Path) -> None:
    course = tmp_path / "nbgrader"
    shutil.copytree(tiny.course.root / "source", course / "source")
    archive = course / "downloaded" / "tiny" / "archive"
    archive.mkdir(parents=True)
    shutil.copy(packed, archive)
    command = [
        *(sys.executable, "-m", "nbgrader", "zip_collect", "tiny", "--force"),
        r"--FileNameCollectorPlugin.named_regexp=.*/(?P<student_id>\w+)-tiny/(?P<file_id>\w+)",
        f"--CourseDirectory.root={course}",
        "--CourseDirectory.course_id=tiny",
    ]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    collected = course / "submitted" / "ada" / "tiny" / "tiny.ipynb"
    assert WRONG in "".join(cell.source for cell in nbformat.read(collected, as_version=4).cells)
