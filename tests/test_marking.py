"""`hw marking`: a sheet for each question, and nothing that a human has given is lost."""

from __future__ import annotations

import csv
import io
import random
import re
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from courses import hand_in, outcome, solved
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_classes import WHEN, gradebook, record, recorded_class

from hwlib.commands import run
from hwlib.errors import CourseError
from hwlib.grading import Assignment
from hwlib.grading.answer_key import load_key
from hwlib.grading.marking.answers import _digest
from hwlib.grading.marking.sheets import _cell, _unquoted, read_tables, write_csv, write_ods
from hwlib.grading.records.autograded import content_of
from hwlib.grading.records.gradebook import GradeStore
from hwlib.grading.results import Outcome
from hwlib.grading.texts import for_csv

OTHER = "=1+1 is two, and half of it is one."


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Assignment:
    """ada, bob and cat gave one answer, dan another, which begins like a formula."""
    monkeypatch.chdir(tmp_path)
    tiny = recorded_class(tmp_path, {"ada": (), "bob": ("half",), "cat": ()})
    hand_in(tiny, "bob", solved(tiny, answer_why="Because they undo each other.  \n\n"), WHEN)
    hand_in(tiny, "dan", solved(tiny, answer_why=OTHER), WHEN)
    key = load_key(tiny)
    again = solved(tiny, answer_why="Because they undo each other.  \n\n")
    record(
        tiny,
        {
            "bob": Outcome(outcome(key, "bob", ("half",)), again),
            "dan": Outcome(outcome(key, "dan"), solved(tiny, answer_why=OTHER)),
        },
    )
    return tiny


def sheet(path: Path) -> list[list[str]]:
    (table,) = read_tables(path)
    return table


def fill(path: Path, answer: str, **cells: str) -> None:
    """Write into the row with this answer, and name the comment c1 where there is none."""
    table = sheet(path)
    start = next(i for i, row in enumerate(table) if row[0] == "key")
    headings = table[start]
    (row,) = (row for row in table[start + 1 :] if row[2].startswith(answer))
    row += [""] * (len(headings) - len(row))
    for name, text in cells.items():
        row[headings.index(name)] = text
    if path.suffix == ".ods":
        write_ods(path, {"why": table}, (3.0,))
    else:
        write_csv(path, table)


def name_comment(path: Path, short: str, text: str, column: int = 2) -> None:
    table = sheet(path)
    (row,) = (row for row in table if row[0] == short)
    row[1:] = [*[""] * (column - 1), text]
    write_ods(path, {"why": table}, (3.0,)) if path.suffix == ".ods" else write_csv(path, table)


def grades(assignment: Assignment) -> dict[str, tuple[float | None, str]]:
    """Student → points and comment that a human gave for `why`."""
    with GradeStore(assignment, assignment.course.root) as store:
        view = store.view()
    return {
        student: (marks["why"].by_hand, view.comments.get(student, {}).get("why", ""))
        for student, marks in view.marks.items()
    }


FILES = {"ods": "why.ods", "csv": "marks-why.csv"}


@pytest.fixture(params=["ods", "csv"])
def exported(request: Any, tiny: Assignment) -> Path:
    name = {"ods": "why.ods", "csv": "marks.csv"}[request.param]
    assert run(["marking", "export", "tiny", name]) == 0
    return Path(FILES[request.param])


def test_the_sheet_has_the_rubric_and_each_answer_once(exported: Path) -> None:
    table = sheet(exported)
    assert table[0][:4] == ["hwlib marking sheet", "tiny", "why", "2"]
    rubric = next(row for row in table if row[0] == "rubric")[2]
    assert "Rubric: 2 points for any sound reason." in rubric
    start = next(i for i, row in enumerate(table) if row[0] == "key")
    rows = {row[2]: row[1] for row in table[start + 1 :]}
    assert rows == {"Because they undo each other.": "ada, bob, cat", OTHER: "dan"}


@pytest.mark.parametrize("column", [1, 2, 4])
def test_what_is_filled_in_reaches_everybody_with_the_answer(
    tiny: Assignment, exported: Path, column: int
) -> None:
    name_comment(exported, "c1", "Well said.", column)
    fill(exported, "Because", points="1.5", comment="c1; More next time.")
    assert run(["marking", "import", "tiny", str(exported)]) == 0
    expected = (1.5, "Well said.\nMore next time.")
    assert grades(tiny) == {"ada": expected, "bob": expected, "cat": expected, "dan": (None, "")}
    with gradebook(tiny) as book:
        assert not book.find_grade("answer-why", "tiny", "tiny", "ada").needs_manual_grade
        assert book.find_grade("answer-why", "tiny", "tiny", "dan").needs_manual_grade


def test_a_changed_answer_waits_with_an_empty_cell_and_equal_points_confirm_it(
    tiny: Assignment, exported: Path
) -> None:
    fill(exported, "Because", points="1.5")
    assert run(["marking", "import", "tiny", str(exported)]) == 0
    new = solved(tiny, answer_why="Because I say so.")
    hand_in(tiny, "ada", new, WHEN)
    record(tiny, {"ada": Outcome(outcome(load_key(tiny), "ada"), new)})
    assert run(["marking", "export", "tiny", "again.csv"]) == 0
    again = Path("again-why.csv")
    table = sheet(again)
    rows = {row[1]: row for row in table if "because" in row[2].lower() and row[0].startswith("k")}
    assert rows["ada"][3:6] == ["", "", "1.5"]
    assert rows["bob, cat"][3:6] == ["1.5", "", "1.5"]
    assert run(["marking", "import", "tiny", "again.csv"]) == 0
    with gradebook(tiny) as book:
        assert book.find_grade("answer-why", "tiny", "tiny", "ada").needs_manual_grade
    fill(again, "Because I say", points="1.5")
    assert run(["marking", "import", "tiny", "again.csv"]) == 0
    with gradebook(tiny) as book:
        assert not book.find_grade("answer-why", "tiny", "tiny", "ada").needs_manual_grade
    assert grades(tiny)["ada"] == (1.5, "")


@pytest.mark.parametrize("typed", ["C1", "c2, c1", "c1;c2", "C2 c1"])
def test_short_names_are_read_as_spreadsheets_and_people_write_them(
    tiny: Assignment, exported: Path, typed: str
) -> None:
    for short, text in (("c1", "Well said."), ("c2", "One example.")):
        name_comment(exported, short, text)
    fill(exported, "Because", comment=typed)
    assert run(["marking", "import", "tiny", str(exported)]) == 0
    _, comment = grades(tiny)["ada"]
    assert set(comment.split("\n")) <= {"Well said.", "One example."}
    assert len(comment.split("\n")) == len(re.findall(r"\d", typed))


def test_points_of_an_earlier_maximum_that_nobody_touches_stop_nothing(
    tiny: Assignment, exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(exported, "Because", **{"points": "5", "points before": "5"})
    fill(exported, "=1+1", points="1")
    assert run(["marking", "import", "tiny", str(exported)]) == 0
    assert grades(tiny)["dan"] == (1.0, "")
    fill(exported, "Because", points="6")
    assert run(["marking", "import", "tiny", str(exported)]) == 2
    assert "expected between 0 and 2 points, found 6" in capsys.readouterr().err


def test_answers_with_other_pictures_are_not_the_same() -> None:
    cells = [
        nbformat.v4.new_markdown_cell(
            "![](attachment:a.png)", attachments={"a.png": {"image/png": data}}
        )
        for data in ("aGVs", "bG8=", "aGVs")
    ]
    first, second, third = map(content_of, cells)
    assert first == third != second
    assert content_of(nbformat.v4.new_markdown_cell("text")) == "text"


def test_a_second_import_and_an_empty_cell_change_nothing(
    tiny: Assignment, exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(exported, "Because", points="2", comment="Good.")
    assert run(["marking", "import", "tiny", str(exported)]) == 0
    before = grades(tiny)
    assert run(["marking", "import", "tiny", str(exported)]) == 0
    fill(exported, "Because", points="", comment="")
    assert run(["marking", "import", "tiny", str(exported)]) == 0
    assert grades(tiny) == before
    assert "nothing new in 2 rows" in capsys.readouterr().out


def give(assignment: Assignment, student: str, points: float) -> None:
    with gradebook(assignment) as book:
        grade = book.find_grade("answer-why", "tiny", "tiny", student)
        grade.manual_score, grade.needs_manual_grade = points, False
        book.db.commit()


def test_what_another_human_gave_meanwhile_stays_and_is_told(
    tiny: Assignment, exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    give(tiny, "bob", 0.5)
    fill(exported, "Because", points="2")
    assert run(["marking", "import", "tiny", str(exported)]) == 1
    said = capsys.readouterr().err
    assert "bob: why has 0.5 points in the gradebook, and had no points" in said
    assert grades(tiny)["bob"] == (0.5, "")
    assert grades(tiny)["ada"] == (2.0, "")
    assert run(["marking", "import", "tiny", str(exported), "--replace"]) == 0
    assert grades(tiny)["bob"] == (2.0, "")


def test_students_with_the_same_answer_and_other_points_have_rows_of_their_own(
    tiny: Assignment, tmp_path: Path
) -> None:
    give(tiny, "bob", 0.5)
    assert run(["marking", "export", "tiny", "marks.csv"]) == 0
    path = tmp_path / "marks-why.csv"
    rows = [
        row for row in csv.reader(path.read_text().splitlines()) if row[2:3] and row[1:2] != [""]
    ]
    assert [row[1] for row in rows if row[2].startswith("Because")] == ["ada, cat", "bob"]
    text = path.read_text()
    row = next(line for line in text.splitlines() if ',"ada, cat",' in line)
    cells = next(csv.reader([row]))
    cells[3] = "2"
    path.write_text(text.replace(row, ",".join(f'"{cell}"' for cell in cells)))
    assert run(["marking", "import", "tiny", str(path)]) == 0
    assert {name: points for name, (points, _) in grades(tiny).items()} == {
        "ada": 2.0,
        "bob": 0.5,
        "cat": 2.0,
        "dan": None,
    }


def test_a_new_answer_is_not_graded_with_the_old_sheet(
    tiny: Assignment, exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = solved(tiny, answer_why="I have thought again.")
    hand_in(tiny, "dan", new, WHEN)
    record(tiny, {"dan": Outcome(outcome(load_key(tiny), "dan"), new)})
    fill(exported, "=1+1", points="2")
    assert run(["marking", "import", "tiny", str(exported)]) == 1
    assert "nobody has this answer to why now" in capsys.readouterr().err
    assert grades(tiny)["dan"] == (None, "")


def test_anonymous_sheets_name_nobody_and_come_back(tiny: Assignment, tmp_path: Path) -> None:
    assert run(["marking", "export", "tiny", "why.ods", "--anonymous"]) == 0
    path = tmp_path / "why.ods"
    content = zipfile.ZipFile(path).read("content.xml").decode()
    assert not any(name in content for name in ("ada", "bob", "cat", "dan"))
    assert "3 students" in content
    fill(path, "Because", points="1")
    assert run(["marking", "import", "tiny", "why.ods"]) == 0
    assert [points for points, _ in grades(tiny).values()] == [1.0, 1.0, 1.0, None]


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ({"points": "3"}, "expected between 0 and 2 points, found 3"),
        ({"points": "-1"}, "expected between 0 and 2 points, found -1"),
        ({"points": "two"}, "expected a number of points, found 'two'"),
        ({"points": "1", "comment": "c9"}, "there is no text for c9; write it beside c9"),
    ],
)
def test_a_faulty_cell_is_named_and_nothing_is_written(
    tiny: Assignment,
    exported: Path,
    capsys: pytest.CaptureFixture[str],
    cells: dict[str, str],
    complaint: str,
) -> None:
    fill(exported, "=1+1", points="1")
    fill(exported, "Because", **cells)
    assert run(["marking", "import", "tiny", str(exported)]) == 2
    assert complaint in capsys.readouterr().err
    assert {points for points, _ in grades(tiny).values()} == {None}


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("x.ods", b"no zip", "not a whole ODS file"),
        ("x.csv", b"a,b\n", "whose first cell is"),
        ("x.csv", b"hwlib marking sheet,other,why,2\n", "found one of other"),
        ("x.csv", b"Gr\xf6\xdfe,1\n", "save it as CSV in UTF-8"),
    ],
)
def test_another_file_is_refused(
    tiny: Assignment, capsys: pytest.CaptureFixture[str], name: str, content: bytes, complaint: str
) -> None:
    Path(name).write_bytes(content)
    assert run(["marking", "import", "tiny", name]) == 2
    assert complaint in capsys.readouterr().err


def test_a_bomb_of_entities_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.xml", '<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>')
    with pytest.raises(CourseError, match="defines entities"):
        read_tables(path)


def test_a_semicolon_and_a_decimal_comma_are_read(tiny: Assignment, tmp_path: Path) -> None:
    """As spreadsheets write CSV in many countries."""
    assert run(["marking", "export", "tiny", "marks.csv"]) == 0
    path = tmp_path / "marks-why.csv"
    fill(path, "Because", points="1,5")
    rows = list(csv.reader(path.read_text().splitlines()))
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    assert run(["marking", "import", "tiny", str(path)]) == 0
    assert grades(tiny)["ada"] == (1.5, "")


def as_a_spreadsheet_saves(table: list[list[str]], how: str) -> bytes:
    """CSV of one of the kinds that Excel and LibreOffice write."""
    encoding, separator, before = {
        "commas": ("utf-8", ",", ""),
        "bom": ("utf-8-sig", ",", ""),
        "semicolons": ("utf-8-sig", ";", ""),
        "unicode text": ("utf-16", "\t", ""),
        "blank lines on top": ("utf-8", ",", "\r\n,,\r\n"),
    }[how]
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(table)
    return (before + text.getvalue()).encode(encoding)


@pytest.mark.parametrize(
    "how", ["commas", "bom", "semicolons", "unicode text", "blank lines on top"]
)
def test_columns_in_another_order_and_blank_lines_are_read_from_every_spreadsheet(
    tiny: Assignment, tmp_path: Path, how: str
) -> None:
    assert run(["marking", "export", "tiny", "marks.csv"]) == 0
    path = tmp_path / "marks-why.csv"
    name_comment(path, "c1", "Größer; und warum?")
    fill(path, "Because", points="1,5", comment="c1")
    table = [[*row, *[""] * (7 - len(row))] for row in sheet(path)]
    random.Random(how).shuffle(order := [*range(7)])
    moved = [[row[i] for i in order] for row in table]
    moved.insert(-1, [""] * 7)
    path.write_bytes(as_a_spreadsheet_saves(moved, how))
    assert run(["marking", "import", "tiny", str(path)]) == 0
    assert grades(tiny)["ada"] == (1.5, "Größer; und warum?")
    assert grades(tiny)["dan"] == (None, "")


def test_the_name_that_was_exported_to_is_the_name_to_import_from(tiny: Assignment) -> None:
    assert run(["marking", "export", "tiny", "marks.csv"]) == 0
    fill(Path("marks-why.csv"), "=1+1", points="2")
    assert run(["marking", "import", "tiny", "marks.csv"]) == 0
    assert grades(tiny)["dan"] == (2.0, "")


def test_points_in_a_row_without_a_key_and_in_two_rows_are_told_and_not_lost(
    tiny: Assignment, exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = sheet(exported)
    last = [*table[-1], *[""] * 7][:7]
    for extra, complaint in (
        ([["", *last[1:3], "1", "", "", ""]], f":{len(table) + 1}: this row has no key"),
        (
            [[*last[:3], "1", "", "", ""], [*last[:3], "2", "", "", ""]],
            f":{len(table) + 1} gives the same answer something else",
        ),
    ):
        if exported.suffix == ".ods":
            write_ods(exported, {"why": [*table, *extra]}, (3.0,))
        else:
            write_csv(exported, [*table, *extra])
        assert run(["marking", "import", "tiny", str(exported)]) == 2
        assert complaint in capsys.readouterr().err
    assert {points for points, _ in grades(tiny).values()} == {None}


def test_the_sheet_has_what_a_student_wrote_also_where_a_browser_is_protected(
    tiny: Assignment,
) -> None:
    wrote = "a<b and x<sub>1</sub>, so data:x, see [1](ftp:y) &lt; <script>"
    graded = solved(tiny, answer_why=wrote)
    hand_in(tiny, "dan", graded, WHEN)
    record(tiny, {"dan": Outcome(outcome(load_key(tiny), "dan"), graded)})
    assert run(["marking", "export", "tiny", "marks.csv"]) == 0
    assert wrote in [row[2] for row in sheet(Path("marks-why.csv")) if len(row) > 2]


@given(st.text(), st.integers(0, 10**13))
def test_a_spreadsheet_takes_no_key_and_no_id_for_a_number(answer: str, number: int) -> None:
    """It would write 012345678901 and 123456789012 in another way."""
    assert _digest(answer)[0] == "k"
    text = f"{number:012}"
    assert ('value-type="float"' in _cell(text)) == (text == f"{number:.10g}")


pieces = st.sampled_from(["=1+1", "@x", "-2+cmd|' /C x'!A0", "+f(1)", "- a", "a", "1", " ", "'"])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(pieces, st.sampled_from([";", "\t", "\n", "; ", ","])), max_size=6))
def test_no_program_finds_a_formula_in_a_cell_wherever_it_ends_cells(
    parts: list[tuple[str, str]],
) -> None:
    text = "".join(piece + end for piece, end in parts)
    for ends in (r"[;\r\n]", r"[\t\r\n]", r"[;\t\r\n]"):
        found = [one.strip(" ") for one in re.split(ends, for_csv(text))]
        assert [one for one in found if re.match(r"[=@]|[-+].*[(|!]", one)] == []
    if "'" not in text:
        assert _unquoted(for_csv(text)) == text


cells = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp")))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(cells, min_size=1, max_size=4), min_size=1, max_size=5))
def test_reading_gives_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    write_ods(folder / "x.ods", {"one": table, "two": table}, (3.0,))
    trimmed = []
    for row in table:
        while row and not row[-1]:
            row = row[:-1]
        trimmed.append(row)
    while trimmed and not trimmed[-1]:
        trimmed.pop()
    assert read_tables(folder / "x.ods") == [trimmed, trimmed]
