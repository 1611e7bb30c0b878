"""`hw export`: the columns that other systems import, and one score everywhere."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import needs
import pytest
from courses import hand_in, make_tiny, solved
from recorded_classes import WHEN, gradebook, recorded_class

from hwlib.commands import run
from hwlib.errors import CourseError
from hwlib.grading import Assignment
from hwlib.grading.outlets.grades import grade_table
from hwlib.grading.outlets.roster import Roster
from hwlib.grading.records.class_results import class_results

ROSTER = (
    "First Name,Last Name,SID,Email,Section\n"
    "Ada,Lovelace,ada,ada@example.org,A\n"
    "Zoë,O'Neil,zoe,zoe@example.org,B\n"
    "Grace,Hopper,s3,grace@example.org,A\n"
)
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Tiny (4711),Other (4712)\n"
    "    Points Possible,,,,,10,5\n"
    '"Lovelace, Ada",901,u1,ada,A,,3\n'
    '"O\'Neil, Zoë",902,u2,zoe,B,,4\n'
)
MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Feedback comments\n"
    "Participant 7,Ada Lovelace,ada@example.org,Submitted,,10.00,\n"
    "Participant 8,Zoë O'Neil,zoe@example.org,Submitted,,10.00,\n"
)


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Assignment:
    """ada has 8 of 10 points so far, zoe 4; one id begins like a formula."""
    monkeypatch.chdir(tmp_path)
    return recorded_class(tmp_path, {"ada": (), "zoe": ("half",)})


def roster(folder: Path, text: str) -> Roster:
    path = folder / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return Roster(path)


def table(assignment: Assignment, *arguments: Any) -> list[dict[str, str]]:
    results = class_results(assignment, assignment.course.root)
    text = grade_table(results, *arguments).to_csv()
    return list(csv.DictReader(text.splitlines()))


def test_plain_csv_has_score_status_and_each_question(tiny: Assignment) -> None:
    ada, zoe = table(tiny)
    assert (ada["student"], ada["status"], ada["score"]) == ("ada", "needs_manual", "8")
    assert (zoe["score"], zoe["half"], zoe["double"]) == ("4", "0", "3")
    assert ada["max_score"] == "10"
    assert ada["handed_in"] == "2027-02-01 12:00:00"


def test_with_a_roster_everybody_in_it_has_a_row_in_its_order(
    tiny: Assignment, tmp_path: Path
) -> None:
    found = table(tiny, "csv", roster(tmp_path, ROSTER))
    assert [(one["student"], one["name"], one["score"], one["status"]) for one in found] == [
        ("ada", "Ada Lovelace", "8", "needs_manual"),
        ("zoe", "Zoë O'Neil", "4", "needs_manual"),
        ("s3", "Grace Hopper", "", "missing"),
    ]


@pytest.mark.parametrize(
    ("separator", "encoding"), [(";", "utf-8-sig"), ("\t", "utf-16"), (",", "utf-8")]
)
def test_a_roster_is_read_as_a_spreadsheet_saves_it(
    tmp_path: Path, separator: str, encoding: str
) -> None:
    path = tmp_path / "class.csv"
    path.write_text(f"\n{ROSTER}".replace(",", separator), encoding=encoding)
    assert Roster(path).rows == roster(tmp_path, ROSTER).rows


@pytest.mark.parametrize("line", ["sep={}", '"sep={}"', "SEP={}", "sep={0}{0}{0}"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_first_line_that_names_the_separator_is_no_row(
    tmp_path: Path, line: str, separator: str, end: str
) -> None:
    if separator == "|" and "{0}" in line:
        return  # a spreadsheet that saves it again knows only its own separators
    path = tmp_path / "class.csv"
    table = ROSTER.replace(",", separator).replace("\n", end)
    path.write_bytes(f"{line.format(separator)}{end}{table}".encode("utf-8-sig"))
    assert Roster(path).rows == roster(tmp_path, ROSTER).rows
    path.write_bytes(f"{line.format(separator)}{end}SID{end}ada{end}ada{end}".encode())
    with pytest.raises(CourseError, match=r"class\.csv:4: the id 'ada' is there twice"):
        Roster(path)


def test_canvas_gets_its_own_numbers_and_column_back(tiny: Assignment, tmp_path: Path) -> None:
    points, ada, zoe = table(tiny, "canvas", roster(tmp_path, CANVAS))
    assert list(ada) == [
        "Student",
        "ID",
        "SIS User ID",
        "SIS Login ID",
        "Section",
        "Tiny (4711)",
    ]
    assert (points["Student"], points["Tiny (4711)"]) == ("Points Possible", "10")
    assert list(ada.values()) == ["Lovelace, Ada", "901", "u1", "ada", "A", "8"]
    assert (zoe["ID"], zoe["Tiny (4711)"]) == ("902", "4")


def test_canvas_without_a_roster_finds_students_by_their_login(tiny: Assignment) -> None:
    _, ada, _ = table(tiny, "canvas")
    assert (ada["ID"], ada["SIS Login ID"], ada["Tiny"]) == ("", "ada", "8")


def test_moodles_worksheet_comes_back_with_grades(tmp_path: Path) -> None:
    # `hw collect` names students of such a roster by their emails
    tiny = recorded_class(tmp_path, {"ada@example.org": (), "zoe@example.org": ("half",)})
    ada, zoe = table(tiny, "moodle", roster(tmp_path, MOODLE))
    assert ada == {
        "Identifier": "Participant 7",
        "Full name": "Ada Lovelace",
        "Email address": "ada@example.org",
        "Status": "Submitted",
        "Grade": "8",
        "Maximum Grade": "10",
        "Feedback comments": "",
    }
    assert zoe["Grade"] == "4"


GERMAN = "ID,Vollständiger Name,E-Mail-Adresse,Status,Gruppe,Bewertung,Bestwertung,Feedback"
FRENCH = "Identifiant,Nom complet,Adresse de courriel,Statut,Groupe,Note,Note maximale,Feedback"
DUTCH = "Identificatie,Volledige naam,E-mail,Status,Groep,Cijfer,Maximum cijfer,Feedback"


@pytest.mark.parametrize("headings", [GERMAN, FRENCH, DUTCH])
@pytest.mark.parametrize("earlier", ["", "-", '"7,5"'])
def test_moodles_worksheet_in_another_language_comes_back_with_grades(
    tmp_path: Path, headings: str, earlier: str
) -> None:
    tiny = recorded_class(tmp_path, {"ada@example.org": (), "zoe@example.org": ("half",)})
    sheet = f"{headings}\n" + "".join(
        f'Teilnehmer/in{number},{name},{name}@example.org,ok,2,{earlier},"20,00",\n'
        for number, name in enumerate(("ada", "bob", "zoe"))
    )
    ada, bob, zoe = table(tiny, "moodle", roster(tmp_path, sheet))
    assert list(ada) == headings.split(",")
    identity, name, email, status, group, grade, highest, feedback = ada.values()
    assert (identity, name, email) == ("Teilnehmer/in0", "ada", "ada@example.org")
    assert (status, group, grade, highest, feedback) == ("ok", "2", "8", "10", "")
    assert list(zoe.values())[5] == "4"
    assert list(bob.values())[5] == earlier.strip('"-')  # nothing handed in, nothing changed


def test_moodles_import_gets_ids_and_emails(tiny: Assignment, tmp_path: Path) -> None:
    ada, *_ = table(tiny, "moodle", roster(tmp_path, ROSTER))
    assert list(ada.values()) == ["Ada", "Lovelace", "ada", "ada@example.org", "8"]


def test_gradescopes_columns(tiny: Assignment, tmp_path: Path) -> None:
    ada, _, grace = table(tiny, "gradescope", roster(tmp_path, ROSTER))
    assert (ada["First Name"], ada["SID"], ada["Total Score"]) == ("Ada", "ada", "8")
    assert (ada["Max Points"], ada["Lateness (H:M:S)"], ada["1: double (3 pts)"]) == (
        "10",
        "00:00:00",
        "3",
    )
    assert (grace["Status"], grace["Total Score"]) == ("Missing", "")


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    names = ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3"]
    tiny = recorded_class(tmp_path, {name.replace("/", "_"): () for name in names})
    for form in ("csv", "canvas", "moodle", "gradescope"):
        results = class_results(tiny, tmp_path)
        for row in csv.reader(grade_table(results, form).to_csv().splitlines()):
            for cell in row:
                number = re.fullmatch(r"-?\d+(\.\d+)?", cell)
                assert number or not re.match(r"[=+\-@\t\r|%]", cell), cell


def test_a_graded_student_whom_the_roster_lacks_is_named_and_the_rest_is_written(
    tiny: Assignment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "class.csv").write_text("SID\nada\n", encoding="utf-8")
    assert run(["export", "tiny", "-o", "out.csv", "--roster", "class.csv"]) == 1
    assert "class.csv: expected a row for zoe" in capsys.readouterr().err
    written = (tmp_path / "out.csv").read_text().splitlines()
    assert [row["student"] for row in csv.DictReader(written)] == ["ada"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "expected a row of headings"),
        ("SID,Name\n", "expected a row of headings"),
        ("SID,Name\nada,Lovelace, Ada\n", "roster.csv:2: expected 2 cells as in the first row"),
        ('SID,Name\nada,"Love"lace\n', "cannot read this roster"),
        ("Name\nAda\n", "roster.csv:2: this row has no id"),
        ("SID\nada\nbob\nada\n", "roster.csv:4: the id 'ada' is there twice"),
    ],
)
def test_a_faulty_roster_is_one_line_with_its_place(
    tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(CourseError) as caught:
        roster(tmp_path, text)
    assert complaint in str(caught.value)


def test_without_a_graded_class_the_next_step_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_tiny(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert run(["export", "tiny"]) == 2
    assert "run `hw grade tiny` first" in capsys.readouterr().err


def test_a_class_that_another_program_graded_has_scores(tiny: Assignment, tmp_path: Path) -> None:
    for path in (tmp_path / ".hw" / "tiny" / "history").iterdir():
        path.unlink()
    ada, zoe = table(tiny)
    assert (ada["score"], zoe["score"], zoe["half"]) == ("8", "4", "0")


# ---- one score everywhere ----

ZERO = "c.LateSubmissionPlugin.penalty_method = 'zero'\n"
PER_DAY = """
import sys
sys.path.insert(0, {folder!r})
c.AssignLatePenalties.plugin_class = "day_penalty.PerDay"
"""
PLUGIN = """
from nbgrader.plugins import BasePlugin

class PerDay(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 0.1 * score * total_seconds_late / 86400
"""


@needs.linux
def test_what_a_human_gave_and_lateness_count_the_same_in_every_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "day_penalty.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    tiny = make_tiny(tmp_path, config=PER_DAY.format(folder=str(tmp_path)))
    hand_in(tiny, "ada", solved(tiny), WHEN)
    assert run(["grade", "tiny"]) == 0
    with gradebook(tiny) as book:
        book.update_or_create_assignment("tiny", duedate="2027-01-30 12:00:00 UTC")  # two days
        grade = book.find_grade("answer-why", "tiny", "tiny", "ada")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 1.5, 0.5, False
        comment = book.find_comment("answer-why", "tiny", "tiny", "ada")
        comment.manual_comment = "Nicely said."
        book.db.commit()
    # 3 + 1 + 4 from tests, 1.5 + 0.5 by hand; 20 % for two days
    right = 8.0
    capsys.readouterr()
    assert run(["grade", "tiny", "--json", "graded.json"]) == 0
    shown = capsys.readouterr().out
    (told,) = json.loads(Path("graded.json").read_text())["submissions"]
    assert told["cached"]
    assert (told["score"], told["status"], told["late_penalty"]) == (right, "graded", 2.0)
    assert re.search(r"^ada .* 8 +10 ", shown, re.MULTILINE), shown
    page = (tmp_path / "feedback/ada/tiny/tiny.html").read_text()
    assert "8 of 10 points" in page
    assert "2 points were taken off" in page
    assert "Nicely said." in page
    assert run(["report", "tiny", "--json", "report.json"]) == 0
    assert json.loads(Path("report.json").read_text())["students"][0]["score"] == right
    assert table(tiny)[0]["score"] == "8"
    assert run(["diff", "tiny", "--json", "diff.json"]) == 0
    told = json.loads(Path("diff.json").read_text())
    assert (told["submissions"][0]["score"], told["changes"]) == (right, [])
    with gradebook(tiny) as book:
        submission = book.find_submission("tiny", "ada")
        assert submission.score - submission.late_submission_penalty == right
