"""`hw grade --dry-run` and `hw diff` tell whose points would change, and write nothing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import needs
import pytest
import sqlalchemy as sa
from courses import TINY, hand_in, make_assignment, solved

from hwlib.commands import run
from hwlib.grading import Assignment, build
from hwlib.grading.course import find_course
from hwlib.grading.records.database import sqlite_url

pytestmark = needs.linux

TEST = "assert math.isclose(half(3), 1.5)"
LUCKY = "def half(x):\n    return 1.5\n"


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Assignment:
    """A graded class of two. Then a test asks for more, and a third student hands in."""
    assignment = make_assignment(tmp_path, "tiny", TINY, points=10)
    hand_in(assignment, "ada", solved(assignment))
    hand_in(assignment, "bob", solved(assignment, solution_half=LUCKY))
    monkeypatch.chdir(tmp_path)
    assert run(["grade", "tiny", "--json", "first.json"]) == 0
    text = assignment.notebook.read_text()
    assignment.notebook.write_text(text.replace(TEST, f"{TEST} and half(4) == 2"))
    build(assignment)
    hand_in(assignment, "eve", solved(assignment))
    return assignment


def contents(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and path.suffix != ".json"
    }


def told(*arguments: str) -> dict[str, Any]:
    assert run([*arguments, "--json", "told.json"]) == 0
    found: dict[str, Any] = json.loads(Path("told.json").read_text())
    return found


LOST = {"student": "bob", "question": "half", "before": 4.0, "after": 0.0}


@pytest.mark.parametrize(
    "command",
    [
        ("diff", "tiny"),
        ("grade", "tiny", "--dry-run"),
        ("grade", "tiny", "--dry-run", "--engine", "nbgrader"),
    ],
    ids=" ".join,
)
def test_it_lists_whose_points_would_change_and_writes_nothing(
    tiny: Assignment, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    before = contents(tmp_path)
    found = told(*command)
    assert contents(tmp_path) == before
    (change,) = found["changes"]
    assert {name: change[name] for name in LOST} == LOST and change["why"].startswith("failed")
    assert found["new"] == ["eve"]
    scores = {one["student"]: one["score"] for one in found["submissions"]}
    assert scores == {"ada": 8, "bob": 4, "eve": 8}
    printed = capsys.readouterr().out
    assert "of 2 graded submissions 1 would get other points" in printed
    assert "Graded for the first time: 1 (eve)." in printed


def test_grading_then_does_what_it_said(tiny: Assignment) -> None:
    found = told("diff", "tiny")
    graded = told("grade", "tiny")
    assert [one["score"] for one in graded["submissions"]] == [
        one["score"] for one in found["submissions"]
    ]
    again = told("diff", "tiny")
    assert (again["changes"], again["new"]) == ([], [])
    assert all(one["cached"] for one in again["submissions"])


def test_points_that_a_human_gave_are_no_change(tiny: Assignment, tmp_path: Path) -> None:
    engine = sa.create_engine(sqlite_url(tmp_path / "gradebook.db"))
    with engine.begin() as db:
        done = db.execute(
            sa.text(
                "UPDATE grade SET manual_score = 3 WHERE auto_score = 4 AND notebook_id IN ("
                "SELECT n.id FROM submitted_notebook n JOIN submitted_assignment s "
                "ON s.id = n.assignment_id WHERE s.student_id = 'bob')"
            )
        )
    engine.dispose()
    assert done.rowcount == 1
    found = told("diff", "tiny")
    assert found["changes"] == []
    (bob,) = (one for one in found["submissions"] if one["student"] == "bob")
    assert bob["score"] == 7


def test_without_a_gradebook_everybody_is_new(tiny: Assignment, tmp_path: Path) -> None:
    found = told("diff", "tiny", "--output", str(tmp_path / "elsewhere"))
    assert (found["changes"], found["new"]) == ([], ["ada", "bob", "eve"])
    assert not (tmp_path / "elsewhere").exists()


def test_a_question_that_is_gone_is_told(tiny: Assignment, tmp_path: Path) -> None:
    text = tiny.notebook.read_text()
    start = text.index('# %% test="double-negative"')
    end = text.index("# %% [markdown]", start)
    tiny.notebook.write_text(text[:start] + text[end:])
    toml = tiny.folder / "assignment.toml"
    toml.write_text(toml.read_text().replace("points = 10", "points = 9"))
    build(find_course(tmp_path).assignment("tiny"))
    found = told("diff", "tiny")
    gone = [(one["student"], one["question"], one["after"]) for one in found["changes"]]
    assert ("ada", "double-negative", 0) in gone and ("bob", "double-negative", 0) in gone


def test_a_file_that_is_no_gradebook_is_one_line(
    tiny: Assignment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gradebook.db").write_text("not a database, but long enough to be read as one" * 9)
    assert run(["diff", "tiny"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
