"""After one test has changed, `hw grade` grades that question alone, as a whole regrade would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import needs
import pytest
from courses import hand_in, make_tiny, solved

from hwlib.commands import run
from hwlib.grading import Assignment, build
from hwlib.grading.records.history import History

pytestmark = needs.linux

TEST = "assert math.isclose(half(3), 1.5)"
HOUR = 3600.0
LUCKY = "def half(x):\n    return 1.5\n"
HIDDEN = f"{TEST}\n### BEGIN HIDDEN TESTS\nassert half(8) == 4, 'too large'\n### END HIDDEN TESTS"


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Assignment:
    """A graded class of two; bob's answer is right for the number of the test alone."""
    monkeypatch.chdir(tmp_path)
    tiny = make_tiny(tmp_path)
    hand_in(tiny, "ada", solved(tiny))
    hand_in(tiny, "bob", solved(tiny, solution_half=LUCKY))
    return tiny


def graded(*arguments: str) -> dict[str, dict[str, Any]]:
    assert run(["grade", "tiny", *arguments, "--json", "told.json"]) == 0
    submissions = json.loads(Path("told.json").read_text())["submissions"]
    return {one["student"]: one for one in submissions}


def change(assignment: Assignment, old: str, new: str) -> None:
    text = assignment.notebook.read_text()
    assert old in text
    assignment.notebook.write_text(text.replace(old, new))
    build(assignment.course.assignment("tiny"))


def mark_kept(root: Path) -> None:
    """Give each question of the kept results an hour that no run takes."""
    for path in (root / ".hw" / "tiny" / "isolated").glob("*.json"):
        values = json.loads(path.read_text())
        for question in values["result"]["questions"]:
            question["seconds"] = HOUR
        path.write_text(json.dumps(values))


def graded_anew(submission: dict[str, Any]) -> set[str]:
    """The questions whose result was not kept before."""
    return {one["id"] for one in submission["questions"] if one["seconds"] != HOUR}


def without_times(submissions: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        student: {
            **one,
            "seconds": 0,
            "cached": False,
            "questions": [{**question, "seconds": 0} for question in one["questions"]],
        }
        for student, one in submissions.items()
    }


def test_only_the_question_whose_test_has_changed_is_graded(
    tiny: Assignment, tmp_path: Path
) -> None:
    graded()
    mark_kept(tmp_path)
    change(tiny, TEST, HIDDEN)
    second = graded()
    for now in second.values():
        assert graded_anew(now) == {"half"}
        assert not now["cached"]
    assert [second["ada"]["score"], second["bob"]["score"]] == [8.0, 4.0]
    (half,) = (one for one in second["bob"]["questions"] if one["id"] == "half")
    assert half["status"] == "failed"
    assert half["message"].startswith("A hidden check failed.")
    page = (tmp_path / "feedback/bob/tiny/tiny.html").read_text()
    assert "A hidden check failed." in page
    assert "return x + x" in page  # of another question
    old, new = History(tmp_path, "tiny").of("bob")
    assert (old.seed, old.hand_in) == (new.seed, new.hand_in)
    assert old.tests != new.tests
    assert [old.score, new.score] == [8.0, 4.0]
    assert all(one["cached"] for one in graded().values())
    again = graded("--force", "--seed", str(new.seed))
    assert without_times(again) == without_times(second)


def test_a_new_question_is_graded_alone_and_for_one_that_is_gone_nothing_else_is(
    tiny: Assignment, tmp_path: Path
) -> None:
    graded()
    mark_kept(tmp_path)
    more = f'{TEST}\n\n# %% test="half-zero" points=1\nassert half(0) == 0\n'
    toml = tiny.folder / "assignment.toml"
    toml.write_text(toml.read_text().replace("points = 10", "points = 11"))
    change(tiny, TEST, more)
    second = graded()
    assert [second[name]["score"] for name in ("ada", "bob")] == [9.0, 8.0]
    # the check of `half` says that there is another one now
    assert {"half-zero"} <= graded_anew(second["ada"]) <= {"half", "half-zero"}
    mark_kept(tmp_path)
    toml.write_text(toml.read_text().replace("points = 11", "points = 10"))
    change(tiny, more, TEST)
    third = graded()
    assert [one["score"] for one in third.values()] == [8.0, 8.0]
    assert graded_anew(third["ada"]) <= {"half"}
    assert "half-zero" not in [one["id"] for one in third["ada"]["questions"]]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    return 2 * x\n", "    return x + x\n"),  # the course's own solution
        (TEST, f"three = 3\n{TEST}"),  # student code may use the name
        ("import math", "import math\nimport cmath"),  # a setup cell
    ],
    ids=["solution", "visible name", "setup"],
)
def test_what_other_questions_may_depend_on_regrades_the_whole(
    tiny: Assignment, tmp_path: Path, old: str, new: str
) -> None:
    graded()
    mark_kept(tmp_path)
    change(tiny, old, new)
    assert graded_anew(graded()["ada"]) == {"double", "double-negative", "half", "why"}


def test_a_dry_run_grades_that_question_alone_and_writes_nothing(
    tiny: Assignment, tmp_path: Path
) -> None:
    graded()
    mark_kept(tmp_path)
    change(tiny, TEST, HIDDEN)
    assert run(["diff", "tiny", "--json", "diff.json"]) == 0
    told = json.loads(Path("diff.json").read_text())
    (lost,) = told["changes"]
    assert (lost["student"], lost["question"], lost["after"]) == ("bob", "half", 0.0)
    (bob,) = (one for one in told["submissions"] if one["student"] == "bob")
    assert graded_anew(bob) == {"half"}
