"""Questions that are extra credit: points above the maximum, the same in every place."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any, cast

import nbformat
import needs
import pytest
from courses import TINY, hand_in, make_tiny, released, solved
from nbgrader.api import Gradebook
from recorded_classes import WHEN

import hwlib
from hwlib.commands import run
from hwlib.errors import AuthoringError
from hwlib.grading import Assignment
from hwlib.grading.answer_key import load_key
from hwlib.grading.authoring.reading import parse_notebook
from hwlib.grading.grade import Engine, GradeOptions, grade_assignment
from hwlib.grading.outlets.gradescope_results import results_json
from hwlib.grading.outlets.gradescope_run import questions_of
from hwlib.grading.outlets.gradescope_view import complaints, student_view
from hwlib.grading.outlets.gradescope_zip import write_gradescope_zip
from hwlib.live.standing import line_of
from hwlib.notebooks import read_notebook

# beyond the 10 points of the others
MORE = '''\

# %% solution="triple"
def triple(x):
    """Three times x."""
    ### BEGIN SOLUTION
    return 3 * x
    ### END SOLUTION

# %% test="triple" points=2 extra_credit
assert triple(2) == 6

# %% [markdown] answer="history" points=1 extra_credit
# ### BEGIN SOLUTION
# Any fact.
# ### END SOLUTION
'''
TRIPLE = "def triple(x):\n    return x + x + x\n"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    """ada has answered everything, bob no extra credit."""
    assignment = make_tiny(tmp_path_factory.mktemp("extra"), TINY + MORE)
    ada = solved(assignment, solution_triple=TRIPLE, answer_history="Egyptians doubled.")
    hand_in(assignment, "ada", ada, WHEN)
    hand_in(assignment, "bob", solved(assignment), WHEN)
    return assignment


@pytest.mark.parametrize("engine", ["isolated", "nbgrader"])
def test_each_engine_counts_it_above_the_maximum(
    tiny: Assignment, tmp_path: Path, engine: str
) -> None:
    options = GradeOptions(engine=cast(Engine, engine), seed=1)
    submitted = tiny.course.root / "submitted"
    ada, bob = grade_assignment(tiny, submitted, tmp_path, options=options).submissions
    assert [(one.score, one.max_score) for one in (ada, bob)] == [(10, 10), (8, 10)]
    told = {one["id"]: one.get("extra_credit") for one in ada.to_dict()["questions"]}
    assert [name for name, extra in told.items() if extra] == ["triple", "history"]
    assert type(ada).from_dict(ada.to_dict()).max_score == 10
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}", "tiny") as book:
        assert book.find_submission("tiny", "ada").score == 10


@needs.linux
def test_every_page_and_table_has_one_score_and_one_maximum(
    tiny: Assignment,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tiny.course.root)
    records = ["--output", str(tmp_path)]
    assert run(["grade", "tiny", *records]) == 0
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}", "tiny") as book:
        for name, points in {"why": 2, "history": 1}.items():
            mark = book.find_grade(f"answer-{name}", "tiny", "tiny", "ada")
            mark.manual_score, mark.needs_manual_grade = points, False
        book.db.commit()
    capsys.readouterr()
    assert run(["grade", "tiny", *records]) == 0
    assert re.search(r"^ada .* 13 +10 ", capsys.readouterr().out, re.MULTILINE)
    page = (tmp_path / "feedback/ada/tiny/tiny.html").read_text("utf-8")
    assert "13 of 10 points" in page
    assert "This includes 3 points of extra credit." in page
    assert "2 of 2, extra credit" in page
    assert "extra credit." not in (tmp_path / "feedback/bob/tiny/tiny.html").read_text("utf-8")
    for kind, score, most in [
        ("csv", "score", "max_score"),
        ("canvas", "Tiny", None),
        ("gradescope", "Total Score", "Max Points"),
    ]:
        table = tmp_path / f"{kind}.csv"
        assert run(["export", "tiny", *records, "--format", kind, "-o", str(table)]) == 0
        *above, ada, _ = csv.DictReader(table.read_text("utf-8").splitlines())
        assert ada[score] == "13"
        assert (ada[most] if most else above[0][score]) == "10"
    assert run(["report", "tiny", *records, "-o", str(tmp_path / "report.html")]) == 0
    report = (tmp_path / "report.html").read_text("utf-8")
    assert "Scores are shares of the 10 points" in report
    assert '<td class="number">2 extra</td>' in report


def test_gradescope_is_told_the_maximum_without_it(tiny: Assignment, tmp_path: Path) -> None:
    made = write_gradescope_zip(tiny, tmp_path / "tiny.zip")
    assert (made.points, made.manual_points) == (8, 2)
    submitted = tiny.course.root / "submitted"
    graded = grade_assignment(tiny, submitted, tmp_path, ["ada"], GradeOptions(seed=1))
    (ada,) = graded.submissions
    asked = questions_of(load_key(tiny), "visible")
    found = {one.id: one for one in ada.questions}
    results: dict[str, Any] = results_json(asked, found, waiting="not yet")
    assert not complaints(json.loads(json.dumps(results)))
    assert results["score"] == 10
    seen = student_view(results, after_due_date=True)
    assert seen.startswith("Score: 10 / 8\n")
    assert "for 8 points and 2 of extra credit." in seen
    assert "Extra credit: In words (triple)  2 / 2" in seen


def test_students_see_that_it_is_extra_and_may_leave_it_out(
    tiny: Assignment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *_ = released(tiny).cells
    assert "| 10, and 3 of extra credit |" in first.source
    assert any(
        cell.source.startswith("# @title Check: triple, 2 points of extra credit")
        for cell in released(tiny).cells
    )
    path = tmp_path / "tiny.ipynb"
    nbformat.write(solved(tiny), path)
    hwlib.submit("tiny", folder=tmp_path, rehearse=True)
    said = capsys.readouterr().out
    assert "\nReady to hand in: " in said
    assert "8 of 8 points by visible checks, 2 points by hand." in said
    assert line_of(read_notebook(path), {"double": 3, "triple": 2}) == (
        "  2 of 4 questions, 5 of 10 points, 1 written one open."
    )
    broken = solved(tiny, solution_triple="def triple(x):\n    return 3 x\n")
    nbformat.write(broken, path)
    hwlib.submit("tiny", folder=tmp_path, rehearse=True)
    assert "- triple (2 points): line 2 is not valid Python" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ('# %% solution="f" extra_credit\nf = 1\n', 1),
        ("# %% setup extra_credit\n", 1),
        ("# %% [markdown] extra_credit\n", 1),
    ],
)
def test_only_questions_can_be_extra_credit(tmp_path: Path, header: str, line: int) -> None:
    path = tmp_path / "notebook.py"
    path.write_text(header, encoding="utf-8")
    with pytest.raises(AuthoringError, match=rf"notebook\.py:{line}: .*no points; write the word"):
        parse_notebook(path)
