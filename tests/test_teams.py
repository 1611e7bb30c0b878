"""Teams of course.toml: one hand-in, points for each of its students."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from courses import hand_in, make_tiny, solved
from nbgrader.api import Gradebook
from served import graded_by_server

from hwlib.errors import AuthoringError
from hwlib.grading import Assignment, find_course
from hwlib.grading.grade import grade_assignment
from hwlib.grading.service.drop import DropFolder
from hwlib.grading.service.graders import Places
from hwlib.grading.service.inbox import Inbox
from hwlib.grading.submissions.files import find_submissions
from hwlib.grading.submissions.fingerprints import name_twins


def tiny(root: Path, teams: str = 'lions = ["ada", "bob"]') -> Assignment:
    make_tiny(root)
    with (root / "course.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[teams.tiny]\n{teams}\n")
    return find_course(root).assignment("tiny")


def test_each_student_of_a_team_gets_the_points_a_page_and_a_row(tmp_path: Path) -> None:
    assignment = tiny(tmp_path)
    hand_in(assignment, "lions", solved(assignment), "2027-02-01 12:00:00 UTC")
    hand_in(assignment, "eve", solved(assignment, solution_half="def half(x): return x"))
    report = grade_assignment(assignment, tmp_path / "submitted", tmp_path)
    assert {one.student: one.score for one in report.submissions} == {"ada": 8, "bob": 8, "eve": 4}
    ada = report.submissions[0]
    assert "handed in by the team lions: ada, bob" in ada.problems
    for student in ("ada", "bob"):
        assert (tmp_path / "feedback" / student / "tiny" / "tiny.html").is_file()
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}", "tiny") as book:
        assert {one.student_id for one in book.assignment_submissions("tiny")} == {
            "ada",
            "bob",
            "eve",
        }
        assert str(book.find_submission("tiny", "bob").timestamp) == "2027-02-01 12:00:00"


@pytest.mark.parametrize("by", ["lions", "bob"])
def test_the_server_grades_a_hand_in_for_the_whole_team_whoever_sends_it(
    tmp_path: Path, by: str
) -> None:
    assignment = tiny(tmp_path)
    inbox, refused = Inbox(tmp_path / "inbox", quota=9), list[str]()
    drop = DropFolder(tmp_path / "drop", assignment.course, inbox, 10**7, refused.append)
    path = tmp_path / "drop" / f"{by}-tiny.ipynb"
    nbformat.write(solved(assignment, solution_half="def half(x): return x"), path)
    os.utime(path, (0, 0))  # long enough ago that nobody writes it any more
    drop.look()
    drop.look()

    places = Places(tmp_path / "submitted", tmp_path / "records")
    said = graded_by_server(assignment.course, inbox, places)
    assert not refused
    assert said == [f"{by}, tiny: 4 of 10 points"]
    for student in ("ada", "bob"):
        assert (places.output / "feedback" / student / "tiny" / "tiny.html").is_file()
    assert [one.name for one in places.submitted.glob("[!.]*")] == ["lions"]
    with Gradebook(f"sqlite:///{places.output / 'gradebook.db'}", "tiny") as book:
        scores = {one.student_id: one.score for one in book.assignment_submissions("tiny")}
    assert scores == {"ada": 4, "bob": 4}


def test_the_teams_hand_in_counts_and_a_students_own_is_named(tmp_path: Path) -> None:
    assignment = tiny(tmp_path)
    hand_in(assignment, "lions", solved(assignment))
    hand_in(assignment, "bob", solved(assignment))
    ada, bob = find_submissions(assignment, tmp_path / "submitted")
    assert ada.folder == bob.folder == tmp_path / "submitted" / "lions" / "tiny"
    assert "; the folder bob/tiny was not graded" in bob.problems[0]
    (only,) = find_submissions(assignment, tmp_path / "submitted", ["ada"])
    assert only.student == "ada"


def test_who_hands_in_together_shares_everything() -> None:
    unique = {name: {"student id": "7"} for name in ("ada", "bob", "eve")}
    found = name_twins(unique, {}, [("ada", "bob")])
    assert found["ada"] == found["bob"] == ["student id: shared with eve"]
    assert found["eve"] == ["student id: shared with ada, bob"]


@pytest.mark.parametrize(
    ("teams", "words"),
    [
        ('lions = "ada"', "a team is a line in"),
        ("lions = []", "a team is a line in"),
        ('lions = ["ada"]\ntigers = ["bob", "ada"]', "ada is in the teams lions and tigers"),
    ],
)
def test_a_fault_of_a_team_names_its_line(tmp_path: Path, teams: str, words: str) -> None:
    with pytest.raises(AuthoringError, match=r"course\.toml:\d+: ") as caught:
        tiny(tmp_path, teams)
    assert words in str(caught.value)
