"""nbgrader's formgrader on our gradebook, in a real browser: the list of submissions, one
submission, a score given by hand.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import needs
import pytest
from courses import hand_in, make_tiny, outcome, solved
from nbformat import NotebookNode
from notebooks import jupyter_server

from hwlib.commands import run
from hwlib.grading import Assignment
from hwlib.grading.answer_key import load_key
from hwlib.grading.records.gradebook import GradeStore

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow
SCRIPT = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">"


@dataclass(frozen=True)
class Formgrader:
    """A graded class, a running server and a browser."""

    assignment: Assignment
    root: Path
    url: str
    browser: Browser

    def open(self, path: str) -> Any:
        """A page of the formgrader, once its table is there."""
        page = self.browser.new_page(viewport={"width": 1200, "height": 800})
        page.goto(f"{self.url}/formgrader/{path}")
        page.wait_for_load_state("networkidle")
        return page


def grade(root: Path) -> Assignment:
    """Three students: good with a hostile cell, half right, unreadable."""
    tiny = make_tiny(root)
    key = load_key(tiny)
    hostile = solved(tiny, answer_why=f"Because. {SCRIPT}")
    for cell in hostile.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "solution-half":
            cell.outputs = [
                NotebookNode(
                    output_type="display_data",
                    data={"text/html": SCRIPT, "text/plain": "x"},
                    metadata={},
                )
            ]
    with GradeStore(tiny, root) as store:
        store.prepare()
        store.write(outcome(key, "ada"), hostile, "2027-02-01 12:00:00 UTC")
        store.write(outcome(key, "bob", ("half",)), solved(tiny), "2027-02-01 12:30:00 UTC")
        rejected = replace(
            outcome(key, "eve"),
            status="rejected",
            problems=("tiny.ipynb: an empty file; hand it in again",),
        )
        store.write(rejected, None, None)
    # the formgrader compares with what is in submitted/
    hand_in(tiny, "ada", hostile, "2027-02-01 12:00:00 UTC")
    hand_in(tiny, "bob", solved(tiny), "2027-02-01 12:30:00 UTC")
    hand_in(tiny, "eve", "")
    return tiny


@pytest.fixture(scope="module")
def formgrader(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Formgrader]:
    root = tmp_path_factory.mktemp("course")
    tiny = grade(root)
    with jupyter_server(
        root,
        "server",
        "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}",
    ) as url:
        yield Formgrader(tiny, root, url, browser)


def table(page: Any, rows: int) -> list[str]:
    """The rows of the page's table, each as one line of text."""
    page.wait_for_function(
        f"document.querySelectorAll('tbody tr').length == {rows} && "
        "!document.body.innerText.includes('Loading')"
    )
    return [" ".join(text.split()) for text in page.locator("tbody tr").all_inner_texts()]


def test_the_submissions_are_listed_with_their_scores(
    formgrader: Formgrader, tmp_path: Path
) -> None:
    page = formgrader.open("manage_submissions/tiny")
    ada, bob, eve = table(page, 3)
    assert re.search(r"ada .*2027-02-01 12:00:00 .*needs manual grading.* 8 ?/ ?10", ada), ada
    assert re.search(r"bob .* 4 ?/ ?10", bob), bob
    assert re.search(r"eve .* 0 ?/ ?10", eve), eve
    page.screenshot(path=str(tmp_path / "submissions.png"))


def test_the_gradebook_page_says_which_need_a_look(formgrader: Formgrader) -> None:
    rows = table(formgrader.open("gradebook/tiny/tiny"), 3)
    assert sum("4 / 8" in row or "4/8" in row for row in rows) == 1, rows


def submission_url(formgrader: Formgrader, student: str) -> str:
    with GradeStore(formgrader.assignment, formgrader.root) as store:
        from nbgrader.api import Gradebook  # the page names submissions by their row's id

        with Gradebook(store.db_url, "tiny") as book:
            return f"submissions/{book.find_submission_notebook('tiny', 'tiny', student).id}/"


def test_one_submission_shows_code_verdict_and_answer_and_runs_no_script(
    formgrader: Formgrader, tmp_path: Path
) -> None:
    page = formgrader.open(submission_url(formgrader, "bob"))
    text = page.inner_text("body")
    for expected in (
        "return x + x",
        "0 of 4 points (failed): The values are too large.",
        "Is it twice?",
        "Because they undo each other.",
    ):
        assert expected in text, expected
    page.screenshot(path=str(tmp_path / "submission.png"), full_page=True)
    page = formgrader.open(submission_url(formgrader, "ada"))
    page.wait_for_timeout(500)
    assert page.title() != "owned"


def test_an_unreadable_submission_opens_and_says_why(formgrader: Formgrader) -> None:
    text = formgrader.open(submission_url(formgrader, "eve")).inner_text("body")
    assert "This submission could not be read" in text
    assert "an empty file" in text


def test_a_score_given_in_the_page_survives_a_regrade(formgrader: Formgrader) -> None:
    page = formgrader.open(submission_url(formgrader, "bob"))
    boxes = page.locator("input.score")
    boxes.last.wait_for()
    assert boxes.count() == 4
    with page.expect_response(
        lambda response: "/api/grade/" in response.url and response.request.method == "PUT"
    ):
        boxes.last.fill("1.5")
        boxes.last.press("Tab")
    key = load_key(formgrader.assignment)
    with GradeStore(formgrader.assignment, formgrader.root) as store:
        store.prepare()
        assert store.human_grades("bob") == {"why": 1.5}
        result = store.write(
            outcome(key, "bob"), solved(formgrader.assignment), "2027-02-01 12:30:00 UTC"
        ).result
    assert (result.status, result.score) == ("graded", 9.5)


@needs.linux
def test_points_and_a_comment_given_in_the_page_are_in_report_export_json_and_feedback(
    formgrader: Formgrader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(formgrader.root)
    assert run(["grade", "tiny"]) == 0  # as an instructor does before grading by hand
    page = formgrader.open(submission_url(formgrader, "ada"))
    boxes, comments = page.locator("input.score"), page.locator("textarea.comment")
    boxes.last.wait_for()
    for kind, box, text in (("grade", boxes.last, "1.5"), ("comment", comments.last, "Nice.")):
        wanted = f"/api/{kind}/"
        with page.expect_response(
            lambda response, wanted=wanted: (
                wanted in response.url and response.request.method == "PUT"
            )
        ):
            box.fill(text)
            box.press("Tab")
    assert run(["grade", "tiny", "--json", str(tmp_path / "graded.json")]) == 0
    submissions = json.loads((tmp_path / "graded.json").read_text())["submissions"]
    (ada,) = (one for one in submissions if one["student"] == "ada")
    assert (ada["score"], ada["cached"], ada["status"]) == (9.5, True, "graded")
    assert run(["export", "tiny", "-o", str(tmp_path / "grades.csv")]) == 0
    rows = csv.DictReader((tmp_path / "grades.csv").read_text().splitlines())
    assert {row["student"]: row["score"] for row in rows}["ada"] == "9.5"
    html, numbers = tmp_path / "report.html", tmp_path / "report.json"
    assert run(["report", "tiny", "-o", str(html), "--json", str(numbers)]) == 0
    told = {one["student"]: one["score"] for one in json.loads(numbers.read_text())["students"]}
    assert told["ada"] == 9.5
    feedback = (formgrader.root / "feedback/ada/tiny/tiny.html").read_text()
    assert "9.5 of 10 points" in feedback
    assert "Nice." in feedback
