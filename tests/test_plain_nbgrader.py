"""Plain nbgrader on the built files, in a fresh copy of the course: its own commands, as an
instructor types them.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from programs import PROGRAMS, with_programs

from hwlib.grading import Assignment, SubmissionResult, find_course
from hwlib.grading.answer_key import load_key
from hwlib.grading.proof.variants import load_variants, reference_notebook, variant_notebook
from hwlib.grading.records.gradebook import GradeStore
from hwlib.grading.results import QuestionResult

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
COURSE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Fresh:
    """A copy of the course with nothing but what is needed, after all commands have run once."""

    root: Path
    assignment: Assignment  # of the real course
    lost: tuple[str, ...]  # the questions that bob's wrong solution loses


def nbgrader(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of nbgrader in a course, with the programs of this environment."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("HWLIB")
    }
    environment |= {
        "PATH": with_programs(),
        "JUPYTER_CONFIG_DIR": str(root / ".config"),
        "JUPYTER_PLATFORM_DIRS": "1",
    }
    environment |= {"XDG_CACHE_HOME": str(root / ".cache")}  # grading needs the sample only
    return subprocess.run(
        [PROGRAMS / "nbgrader", *arguments],
        cwd=root,
        env=environment,
        text=True,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=600,
    )


def must(root: Path, *arguments: str) -> str:
    done = nbgrader(root, *arguments)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    root = tmp_path_factory.mktemp("course")
    for name in ("course.toml", "nbgrader_config.py"):
        shutil.copy(COURSE / name, root / name)
    shutil.copytree(COURSE / "source" / "knn", root / "source" / "knn")
    assignment = find_course(COURSE).assignment("knn")
    wrong = next(variant for variant in load_variants(assignment) if variant.kind == "wrong")
    must(root, "generate_assignment", "knn")
    for student, notebook in (
        ("ada", reference_notebook(assignment)),
        ("bob", variant_notebook(assignment, wrong)),
    ):
        folder = root / "submitted" / student / "knn"
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / "knn.ipynb")
        (folder / "timestamp.txt").write_text("2027-02-01 12:00:00 UTC\n")
    must(root, "autograde", "knn")
    must(root, "generate_feedback", "knn")
    must(root, "export")
    return Fresh(root, assignment, wrong.fails)


def test_generate_assignment_makes_the_release_that_we_made(fresh: Fresh) -> None:
    theirs = nbformat.read(fresh.root / "release" / "knn" / "knn.ipynb", as_version=4)
    ours = nbformat.read(fresh.assignment.release, as_version=4)
    assert theirs == ours


def test_validate_fails_on_the_release_and_passes_on_the_reference(fresh: Fresh) -> None:
    assert "Success" in must(fresh.root, "validate", "submitted/ada/knn/knn.ipynb")
    assert "cell failed" in nbgrader(fresh.root, "validate", "release/knn/knn.ipynb").stdout


def test_autograde_gives_the_points_that_are_deserved(fresh: Fresh) -> None:
    key = load_key(fresh.assignment)
    points = {cell.name: cell.points for cell in key.by_role("test")}
    with Gradebook(f"sqlite:///{fresh.root / 'gradebook.db'}") as book:
        for student, lost in (("ada", ()), ("bob", fresh.lost)):
            got = {
                name: book.find_grade(f"test-{name}", "knn", "knn", student).auto_score
                for name in points
            }
            assert got == {
                name: 0.0 if name in lost else value for name, value in points.items()
            }, student
            assert book.find_submission("knn", student).needs_manual_grade
        assert book.find_assignment("knn").max_score == key.max_score


def test_feedback_and_export_are_there(fresh: Fresh) -> None:
    key = load_key(fresh.assignment)
    full = sum(cell.points for cell in key.by_role("test"))
    with (fresh.root / "grades.csv").open(newline="") as file:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert scores == {
        "ada": full,
        "bob": full - sum(cell.points for cell in key.questions if cell.name in fresh.lost),
    }
    for student in scores:
        page = (fresh.root / "feedback" / student / "knn" / "knn.html").read_text(encoding="utf-8")
        assert f"knn (Score: {scores[student]} / {key.max_score}" in page
        assert "HIDDEN TESTS" not in page


def test_our_store_goes_on_where_nbgrader_stopped(fresh: Fresh, tmp_path: Path) -> None:
    shutil.copy(fresh.root / "gradebook.db", tmp_path / "gradebook.db")
    with GradeStore(fresh.assignment, tmp_path) as store:
        store.prepare()
        assert store.marks("ada")["predict_labels"].automatic == 5.0
        assert store.students() == {"ada", "bob"}
    with Gradebook(store.db_url, store.config.CourseDirectory.course_id) as book:
        assert len(book.assignments) == 1
        assert "default_course" not in {
            course.id for course in book.db.query(type(book.assignments[0].course))
        }


def test_generate_feedback_of_nbgrader_works_on_what_our_store_wrote(
    fresh: Fresh, tmp_path: Path
) -> None:
    for name in ("course.toml", "nbgrader_config.py"):
        shutil.copy(COURSE / name, tmp_path / name)
    questions = tuple(
        QuestionResult(
            cell.name,
            cell.title,
            0.0 if cell.role == "answer" else cell.points,
            cell.points,
            "manual" if cell.role == "answer" else "passed",
        )
        for cell in load_key(fresh.assignment).questions
    )
    with GradeStore(fresh.assignment, tmp_path) as store:
        store.prepare()
        store.write(
            SubmissionResult("ada", "needs_manual", questions),
            reference_notebook(fresh.assignment),
            "2027-02-01 12:00:00 UTC",
        )
    must(tmp_path, "generate_feedback", "knn")
    must(tmp_path, "export")
    assert "ada" in (tmp_path / "grades.csv").read_text()
    assert "Score: 20.0 / 25.0" in (tmp_path / "feedback" / "ada" / "knn" / "knn.html").read_text(
        encoding="utf-8"
    )
