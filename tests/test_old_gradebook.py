"""An imported course goes on with the gradebook that nbgrader has filled: real nbgrader made it."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from courses import make_assignment
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from old_courses import answer, manual, prose, solution, task, test, write
from programs import with_programs
from traitlets.config import Config

from hwlib.grading import Assignment, grade_assignment
from hwlib.grading.grade import GradeOptions

# as `hw import` writes it: each cell has its old grade id
IMPORTED = """\
# %% [markdown]
# # Doubling

# %% solution="double" id="double"
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% test="double" points=2 id="double_right"
assert double(1) == 2

# %% solution="plot" manual points=3 id="plot"
### BEGIN SOLUTION
plot = 3
### END SOLUTION

# %% [markdown] answer="why" points=2 id="why"
# ### BEGIN SOLUTION
# Because.
# ### END SOLUTION

# %% [markdown] task="essay" points=5 id="essay"
# Write.
#
# ### BEGIN MARK SCHEME
# A point for each page.
# ### END MARK SCHEME
"""
DOUBLE = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
SCHEME = "Write.\n\n### BEGIN MARK SCHEME\nA point for each page.\n### END MARK SCHEME"
TOML = 'title = "Doubling"\npoints = 12\nminutes = 0.1\n'
ANSWERS = {"double": "def double(x):\n    return x + x", "plot": "plot = 4", "why": "It is so."}


@contextmanager
def gradebook_of(root: Path) -> Iterator[Gradebook]:
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "old") as book:
        yield book


def api_of(root: Path) -> NbGraderAPI:
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.course_id = "old"
    config.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
    return NbGraderAPI(config=config)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that nbgrader has graded; a human gave points, extra credit and a comment."""
    root = tmp_path_factory.mktemp("old")
    write(
        root / "source" / "Problem Set 1" / "problem 1.ipynb",
        prose("# Doubling"),
        solution(DOUBLE, "double"),
        test("assert double(1) == 2", "double_right", 2),
        manual("### BEGIN SOLUTION\nplot = 3\n### END SOLUTION", "plot", 3),
        answer("Because.", "why", 2),
        task(SCHEME, "essay", 5),
    )
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")  # of nbgrader's own code
        patch.setenv("PATH", with_programs())
        api = api_of(root)
        assert api.generate_assignment("Problem Set 1")["success"]
        notebook = nbformat.read(root / "release/Problem Set 1/problem 1.ipynb", as_version=4)
        for cell in notebook.cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            cell.source = ANSWERS.get(grade_id, cell.source)
        write(root / "submitted/ada/Problem Set 1/problem 1.ipynb", *notebook.cells)
        assert api.autograde("Problem Set 1", "ada")["success"]
    with gradebook_of(root) as book:
        place = ("problem 1", "Problem Set 1", "ada")
        for grade_id, points in (("plot", 2.5), ("why", 1)):
            mark = book.find_grade(grade_id, *place)
            mark.manual_score, mark.needs_manual_grade = points, False
        book.find_grade("why", *place).extra_credit = 0.5
        book.find_comment("why", *place).manual_comment = "Well said."
        book.db.commit()
    return root


def moved(old: Path, root: Path) -> Assignment:
    """The course of hwlib beside it, with the old hand-ins and records, under the new name."""
    assignment = make_assignment(root, "problem_set_1", IMPORTED, TOML)
    shutil.copy(old / "gradebook.db", root)
    for folder in ("submitted", "autograded"):
        target = root / folder / "ada" / "problem_set_1"
        shutil.copytree(old / folder / "ada" / "Problem Set 1", target)
    return assignment


@pytest.mark.parametrize("engine", ["isolated", "nbgrader"])
def test_what_humans_have_given_stays(old: Path, tmp_path: Path, engine: str) -> None:
    assignment = moved(old, tmp_path)
    options = GradeOptions(engine=engine, seed=1)  # type: ignore[arg-type]
    report = grade_assignment(assignment, tmp_path / "submitted", tmp_path, options=options)
    (ada,) = report.submissions
    assert {one.id: (one.status, one.points) for one in ada.questions} == {
        "double": ("passed", 2),
        "plot": ("manual", 2.5),
        "why": ("manual", 1),
        "essay": ("manual", 0),
    }
    assert (ada.score, ada.status) == (6, "needs_manual")
    with gradebook_of(tmp_path) as book:
        assert [one.name for one in book.assignments] == ["problem_set_1"]
        submission = book.find_submission("problem_set_1", "ada")
        (notebook,) = submission.notebooks
        assert (notebook.name, submission.score) == ("problem_set_1", 6)
        waiting = {mark.name for mark in notebook.grades if mark.needs_manual_grade}
        # nbgrader itself has each answer looked at again that a human has graded
        again = {"plot", "why"} if engine == "nbgrader" else set()
        assert waiting == {"essay"} | again
        said = [one.manual_comment for one in notebook.comments if one.manual_comment]
        assert said == ["Well said."]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (row,) = api_of(tmp_path).get_notebook_submissions("problem_set_1", "problem_set_1")
    # as the formgrader lists it, with the extra credit among the written answers
    assert (row["student"], row["score"], row["max_score"]) == ("ada", 6, 12)
    assert (row["needs_manual_grade"], row["written_score"], row["task_score"]) == (True, 1.5, 0)


def test_a_changed_answer_is_looked_at_again(old: Path, tmp_path: Path) -> None:
    assignment = moved(old, tmp_path)
    path = tmp_path / "submitted/ada/problem_set_1/problem 1.ipynb"
    path.write_text(path.read_text().replace("It is so.", "It is not so."), encoding="utf-8")
    grade_assignment(assignment, tmp_path / "submitted", tmp_path)
    with gradebook_of(tmp_path) as book:
        (notebook,) = book.find_submission("problem_set_1", "ada").notebooks
        waiting = {mark.name for mark in notebook.grades if mark.needs_manual_grade}
        assert waiting == {"why", "essay"}
        assert {mark.name: mark.manual_score for mark in notebook.grades}["why"] == 1  # stays
