"""nbgrader's own machinery as an engine: one bad submission never stops the others, and each has a
result.
"""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import needs
import pytest
from busy import busy_core
from courses import (
    TINY,
    TINY_TOML,
    hand_in,
    make_assignment,
    make_tiny,
    released,
    solved,
    submission_folder,
    with_answer_below,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from nbgrader.api import Gradebook
from nbgrader.utils import determine_grade

from hwlib.grading import Assignment, SubmissionResult
from hwlib.grading.engines import nbgrader
from hwlib.grading.engines.kernel_verdicts import with_fair_points
from hwlib.grading.engines.nbgrader import grade_with_nbgrader
from hwlib.grading.submissions.files import find_submissions

HARD_LOOP = """
def half(x):
    while True:
        try:
            while True:
                print("still here" * 100)
        except BaseException:
            pass
"""
CHECKS = """
from hwlib.errors import CheckFailed

def half(x):
    detail = "found 3, expected 1.5"
    raise CheckFailed("The values are too large.", hint="Is it twice?", detail=detail)
"""


@dataclass(frozen=True)
class Graded:
    """A class that was graded once, for all tests of this module."""

    assignment: Assignment
    root: Path
    results: dict[str, SubmissionResult]
    order: list[str]
    log: str
    environment_changed: bool


def damaged(assignment: Assignment, how: str) -> Any:
    notebook = solved(assignment)
    if how == "stripped":
        for cell in notebook.cells:
            cell.metadata.clear()
    if how == "duplicated":  # a locked cell twice stops nbgrader's whole batch
        notebook.cells += [cell.copy() for cell in notebook.cells]
        for number, cell in enumerate(notebook.cells):
            cell["id"] = f"cell-{number}"
    if how == "garbled":
        for cell in notebook.cells:
            cell.metadata["nbgrader"] = {
                "grade_id": ["a", "list"],
                "grade": "perhaps",
                "points": "many",
            }
    return notebook


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    root = tmp_path_factory.mktemp("course")
    tiny = make_tiny(root)
    halves = {
        "wrong": "def half(x):\n    return x\n",
        "raises": "def half(x):\n    raise ValueError('no')\n",
        "checks": CHECKS,
        "dies": "import os\n\ndef half(x):\n    os._exit(1)\n",
        "hangs": HARD_LOOP,
        # twice the limit of a submission, and what libraries may reserve
        "takes memory": "def half(x):\n    return len(bytearray(13 * 2**30)) and x / 2\n",
        "unfinished": "def half(x:\n",
        "text": "def half(x):\n    return 'a'\n",
        "warns": "import sys\n\ndef half(x):\n    print('careful', file=sys.stderr)\n    return x "
        "/ 2\n",
    }
    for student, source in halves.items():
        hand_in(tiny, student, solved(tiny, solution_half=source), "2027-02-01 12:00:00 UTC")
    for student in ("stripped", "duplicated", "garbled"):
        hand_in(tiny, student, damaged(tiny, student))
    hand_in(tiny, "blank", released(tiny))
    hand_in(tiny, "below", with_answer_below(released(tiny)))
    hand_in(tiny, "bytes", b"\xff\xfe\x00")
    hand_in(tiny, "truncated", nbformat.writes(solved(tiny))[:900])
    hand_in(tiny, "odd [1] *", solved(tiny), "yesterday-ish")
    submission_folder(tiny, "nothing")
    records: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    order: list[str] = []
    before = dict(os.environ)
    try:
        results = list(
            grade_with_nbgrader(
                tiny,
                find_submissions(tiny, root / "submitted"),
                output=root,
                seed=3,
                on_result=lambda result: order.append(result.student),
            )
        )
    finally:
        logging.getLogger().removeHandler(handler)
    return Graded(
        tiny,
        root,
        {result.student: result for result in results},
        order,
        "\n".join(records),
        before != dict(os.environ),
    )


def status_of(graded: Graded, student: str, question: str = "half") -> tuple[str, float]:
    result = graded.results[student].question(question)
    return result.status, result.points


@pytest.mark.slow
class TestAClass:
    """One class with everything in it, graded once."""

    def test_every_submission_comes_out_once_and_in_order(self, graded: Graded) -> None:
        students = sorted(path.name for path in (graded.root / "submitted").iterdir())
        assert graded.order == list(graded.results) == students

    @pytest.mark.parametrize(
        ("student", "status", "points"),
        [
            ("wrong", "failed", 0),
            ("raises", "error", 0),
            ("checks", "failed", 0),
            ("dies", "crashed", 0),
            ("hangs", "timeout", 0),
            ("takes memory", "crashed", 0),
            ("unfinished", "error", 0),
            ("text", "failed", 0),
            ("warns", "passed", 4),
            ("stripped", "passed", 4),
            ("duplicated", "passed", 4),
            ("garbled", "passed", 4),
            ("blank", "missing", 0),
            ("bytes", "missing", 0),
            ("truncated", "missing", 0),
            ("odd [1] *", "passed", 4),
            ("nothing", "missing", 0),
        ],
    )
    def test_the_question_has_the_right_status(
        self, graded: Graded, student: str, status: str, points: float
    ) -> None:
        assert status_of(graded, student) == (status, points), graded.results[student]

    def test_what_was_right_before_a_crash_or_a_hang_keeps_its_points(self, graded: Graded) -> None:
        for student in ("dies", "hangs", "wrong", "raises", "unfinished"):
            assert status_of(graded, student, "double") == ("passed", 3.0), student

    def test_unreadable_submissions_are_rejected_with_a_reason(self, graded: Graded) -> None:
        rejected = {
            student: result.problems[-1]
            for student, result in graded.results.items()
            if result.status == "rejected"
        }
        assert set(rejected) == {"bytes", "truncated", "nothing"}
        assert "not UTF-8" in rejected["bytes"]
        assert "truncated" in rejected["truncated"]
        assert "no other notebook" in rejected["nothing"]

    def test_written_answers_wait_for_a_human_and_blank_ones_do_not(self, graded: Graded) -> None:
        assert (graded.results["warns"].status, status_of(graded, "warns", "why")) == (
            "needs_manual",
            ("manual", 0.0),
        )
        assert (graded.results["blank"].status, status_of(graded, "blank", "why")) == (
            "graded",
            ("missing", 0.0),
        )

    def test_messages_name_the_symptom_and_no_hidden_value(self, graded: Graded) -> None:
        assert (
            graded.results["raises"].question("half").message == "Your code raised ValueError: no"
        )
        assert "not valid Python" in graded.results["unfinished"].question("half").message
        checks = graded.results["checks"].question("half")
        assert (checks.message, checks.hint) == (
            "The values are too large. found 3, expected 1.5",
            "Is it twice?",
        )
        everything = "".join(
            f"{q.message}{q.hint}" for result in graded.results.values() for q in result.questions
        )
        assert "hidden-secret" not in everything
        assert "double(21)" not in everything

    def test_repairs_are_said(self, graded: Graded) -> None:
        assert "removed nbgrader's metadata" in graded.results["stripped"].problems[0]
        assert any("times" in problem for problem in graded.results["duplicated"].problems)
        assert "timestamp.txt" in graded.results["odd [1] *"].problems[-1]

    def test_the_gradebook_agrees_and_has_one_course(self, graded: Graded) -> None:
        with Gradebook(f"sqlite:///{graded.root / 'gradebook.db'}", "tiny") as book:
            scores = {row["student"]: row["score"] for row in book.submission_dicts("tiny")}
            assert [course.id for course in book.db.query(type(book.check_course("tiny")))] == [
                "tiny"
            ]
        assert scores == {student: result.score for student, result in graded.results.items()}

    def test_the_autograded_notebooks_are_there_and_no_half_files(self, graded: Graded) -> None:
        for student in graded.results:
            notebook = nbformat.read(
                graded.root / "autograded" / student / "tiny" / "tiny.ipynb", as_version=4
            )
            assert (
                sum("grade_id" in cell.metadata.get("nbgrader", {}) for cell in notebook.cells) >= 6
            )
        hidden = {path.name for path in graded.root.rglob(".*")}
        assert hidden <= {".gradebook.db.lock"}  # one `hw grade` at a time writes to a gradebook
        assert (
            sum(path.stat().st_size for path in graded.root.glob("autograded/*/tiny/*.ipynb"))
            < 5_000_000
        )

    def test_nbgrader_is_silent_and_the_environment_is_as_before(self, graded: Graded) -> None:
        assert graded.log == ""
        assert not graded.environment_changed


@pytest.mark.slow
def test_an_answer_below_its_cell_waits_for_a_human(graded: Graded) -> None:
    assert status_of(graded, "blank", "why") == ("missing", 0)
    assert status_of(graded, "below", "why") == ("manual", 0)


@pytest.mark.slow
def test_a_test_that_gives_too_many_points_leaves_only_its_own_question_to_a_human(
    tmp_path: Path,
) -> None:
    too_many = TINY.replace(
        "assert math.isclose(half(3), 1.5)", "assert math.isclose(half(3), 1.5)\nhalf(14)"
    )
    tiny = make_tiny(tmp_path, too_many)
    hand_in(tiny, "ada", solved(tiny))
    hand_in(tiny, "bob", solved(tiny, solution_half="def half(x):\n    return 3\n"))
    found = find_submissions(tiny, tmp_path / "submitted")
    ada, bob = grade_with_nbgrader(tiny, found, output=tmp_path, seed=1)
    half = ada.question("half")
    assert (half.status, half.points) == ("manual", 0)
    assert "its check gives 7 of 4 points, which is a mistake in the course" in half.message
    assert {one.id: one.status for one in ada.questions if one.id not in ("half", "why")} == {
        one.id: "passed" for one in bob.questions if one.id not in ("half", "why")
    }
    assert bob.question("half").status == "failed"
    assert not any("could not grade" in text for text in (*ada.problems, *bob.problems))


@settings(deadline=None)
@given(
    st.floats(0, 5) | st.integers(0, 3),
    st.none() | st.lists(st.text(max_size=3), max_size=2) | st.floats(-2, 9).map(repr) | st.text(),
)
def test_no_last_value_of_a_test_stops_nbgrader(points: float, shown: Any) -> None:
    settings = {"grade": True, "solution": False, "points": points, "grade_id": "t"}
    data = {"image/png": "iVBORw0KGgo="} if shown is None else {"text/plain": shown}
    output = nbformat.v4.new_output("execute_result", data, execution_count=1)
    cell = nbformat.v4.new_code_cell("f()", outputs=[output], metadata={"nbgrader": settings})
    earned, most = determine_grade(with_fair_points(cell))
    assert 0 <= earned <= most == points


@needs.linux
def test_the_limits_of_a_kernel_do_not_run_while_others_have_the_core(tmp_path: Path) -> None:
    tiny = make_assignment(
        tmp_path, "tiny", TINY, TINY_TOML.replace("question_s = 3", "question_s = 1")
    )
    works = """
import time
def half(x):
    begun, end = time.monotonic(), time.process_time() + 0.25
    while time.process_time() < end: pass
    print("waited" if time.monotonic() - begun > 1.0 else "was not disturbed")
    return x / 2
half(1)
"""
    with busy_core() as join:
        hand_in(tiny, "ada", solved(tiny, solution_half=join + works))
        found = find_submissions(tiny, tmp_path / "submitted")
        (result,) = grade_with_nbgrader(tiny, found, output=tmp_path, seed=7)
    assert "waited" in (tmp_path / "autograded" / "ada" / "tiny" / "tiny.ipynb").read_text()
    assert result.question("half").status == "passed", result


def test_a_grader_that_reads_outputs_slowly_costs_no_other_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = make_tiny(tmp_path)
    read = nbgrader._GuardedExecute.process_message

    def read_slowly(step: Any, msg: dict[str, Any], cell: Any, index: int) -> Any:
        time.sleep(0.02 if msg["msg_type"] == "display_data" else 0)
        return read(step, msg, cell, index)

    monkeypatch.setattr(nbgrader._GuardedExecute, "process_message", read_slowly)
    monkeypatch.setattr(nbgrader, "OUTPUT_S", 1)  # a second, of the two that it takes
    shows = "def half(x):\n    return x / 2\n\nfor n in range(100):\n    display(n)\n"
    hand_in(tiny, "ada", solved(tiny, solution_half=shows))
    found = find_submissions(tiny, tmp_path / "submitted")
    (result,) = grade_with_nbgrader(tiny, found, output=tmp_path, seed=7)
    assert result.question("half").status == "passed", result


@pytest.mark.slow
def test_a_manual_grade_and_the_seed_survive_a_regrade(tmp_path: Path) -> None:
    tiny = make_tiny(tmp_path)
    source = (
        "import os\n\ndef half(x):\n"
        "    print(os.environ['HWLIB_GRADING'], os.environ['HWLIB_SEED'])\n"
        "    return x / 2\n\nhalf(1)\n"
    )
    hand_in(tiny, "ada", solved(tiny, solution_half=source))
    found = find_submissions(tiny, tmp_path / "submitted")
    list(grade_with_nbgrader(tiny, found, output=tmp_path, seed=77))
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}", "tiny") as book:
        grade = book.find_grade("answer-why", "tiny", "tiny", "ada")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        book.db.commit()
    (result,) = grade_with_nbgrader(tiny, found, output=tmp_path, seed=77)
    assert (result.question("why").points, result.score) == (1.5, 9.5)
    notebook = nbformat.read(tmp_path / "autograded" / "ada" / "tiny" / "tiny.ipynb", as_version=4)
    printed = [
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if output.output_type == "stream"
    ]
    assert "1 77\n" in "".join(printed)
