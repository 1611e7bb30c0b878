"""Finding submissions and reading notebooks: nothing in them surprises the grader."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from courses import make_tiny, released, solved, submission_folder
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from hwlib.errors import CourseError, SubmissionError
from hwlib.grading import Assignment, Course
from hwlib.grading.submissions.files import (
    find_submissions,
    misplaced,
    read_notebook,
    read_submission,
)

OLD = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {"name": ""},
    "worksheets": [
        {
            "metadata": {},
            "cells": [
                {"cell_type": "heading", "level": 2, "metadata": {}, "source": ["A title"]},
                {
                    "cell_type": "code",
                    "collapsed": False,
                    "input": ["x = 1\n", "x"],
                    "language": "python",
                    "metadata": {},
                    "outputs": [
                        {"output_type": "pyout", "prompt_number": 1, "text": ["1"], "metadata": {}}
                    ],
                    "prompt_number": 1,
                },
            ],
        }
    ],
}


def tiny(root: Path) -> Assignment:
    """An assignment that has no files."""
    return Assignment("tiny", "Tiny", 10, 1, Course(root, "A course", "https://example.org"))


@pytest.fixture
def assignment(tmp_path: Path) -> Assignment:
    return tiny(tmp_path)


def put(root: Path, student: str, *names: str, text: str = "{}") -> Path:
    folder = submission_folder(tiny(root), student)
    for name in names:
        (folder / name).write_text(text)
    return folder


# ---- finding ----


def test_submissions_come_in_order_of_the_students_ids(
    assignment: Assignment, tmp_path: Path
) -> None:
    for student in ("zoe", "ada", "Bob"):
        put(tmp_path, student, "tiny.ipynb")
    put(tmp_path, ".hidden", "tiny.ipynb")
    (tmp_path / "submitted" / "ada" / "tiny" / "timestamp.txt").write_text(
        "2027-02-01 12:00:00 UTC\n"
    )
    found = find_submissions(assignment, tmp_path / "submitted")
    assert [one.student for one in found] == ["Bob", "ada", "zoe"]
    assert [one.timestamp for one in found] == [None, "2027-02-01 12:00:00 UTC", None]
    assert [
        one.student for one in find_submissions(assignment, tmp_path / "submitted", ["zoe", "ada"])
    ] == ["ada", "zoe"]


def test_a_student_without_a_submission_is_named(assignment: Assignment, tmp_path: Path) -> None:
    put(tmp_path, "ada", "tiny.ipynb")
    (tmp_path / "submitted" / "bob" / "other").mkdir(parents=True)
    with pytest.raises(CourseError, match=r"'bob'.*STUDENT/tiny"):
        find_submissions(assignment, tmp_path / "submitted", ["ada", "bob"])
    with pytest.raises(CourseError, match="no such folder"):
        find_submissions(assignment, tmp_path / "nowhere")


def _zipped(folder: Path, **members: bytes) -> None:
    with zipfile.ZipFile(folder / "tiny.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)


def _with_password(folder: Path) -> None:
    _zipped(folder, tiny_ipynb=b"{}")
    content = bytearray((folder / "tiny.zip").read_bytes())
    content[6] |= 1  # the flag of an encrypted member, there and in the list of members
    content[content.index(b"PK\1\2") + 8] |= 1
    (folder / "tiny.zip").write_bytes(content)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda folder: os.mkfifo(folder / "tiny.ipynb"), "tiny.ipynb is a link or a special file"),
        (lambda folder: (folder / "a.ipynb").symlink_to("x"), "a.ipynb is a link or a special"),
        (lambda folder: (folder / "tiny.ipynb").mkdir(), "tiny.ipynb is a folder without"),
        (lambda folder: (folder / ".tiny.ipynb").write_text("{}"), "but .tiny.ipynb: rename it"),
        (lambda folder: (folder / "._tiny.ipynb").write_text(""), "no other notebook"),
        (lambda folder: (folder / ".ipynb_checkpoints").mkdir(), "no other notebook"),
        (_zipped, "contains no notebook"),
        (lambda folder: _zipped(folder, a_ipynb=b"", b_ipynb=b""), "contains 2 notebooks"),
        (lambda folder: _zipped(folder, tiny_ipynb=bytes(60_000_000)), "larger than 50 MB"),
        (_with_password, "cannot open tiny.zip (it needs a password)"),
    ],
)
def test_what_stands_in_the_place_of_a_notebook_is_named(
    assignment: Assignment, tmp_path: Path, make: Callable[[Path], object], problem: str
) -> None:
    make(submission_folder(assignment, "ada"))
    (found,) = find_submissions(assignment, tmp_path / "submitted")
    assert found.notebook is None
    assert len(found.problems) == 1 and problem in found.problems[0]


@pytest.mark.parametrize(
    "place",
    [
        "tiny.ipynb",
        "Tiny_ada.ipynb",
        "tiny.zip",
        "ada/tiny.ipynb",
        "ada/tiny (1).IPYNB",
        "ada/Tiny/tiny.ipynb",
        "ada/TINY/tiny.ipynb",
        "tiny/ada/tiny.ipynb",
    ],
)
def test_what_lies_in_another_place_is_named(
    assignment: Assignment, tmp_path: Path, place: str
) -> None:
    put(tmp_path, "zoe", "tiny.ipynb")
    put(tmp_path, "bob", "tiny.ipynb", "tiny.zip")
    path = tmp_path / "submitted" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    found = find_submissions(assignment, tmp_path / "submitted")
    assert [one.student for one in found] == ["bob", "zoe"]
    (line,) = misplaced(assignment, tmp_path / "submitted")
    named = line.partition(" is not graded")[0].removeprefix(f"{tmp_path / 'submitted'}/")
    assert place.startswith(named) and "STUDENT/tiny/tiny.ipynb" in line


def test_a_hidden_folder_with_a_hand_in_is_named(assignment: Assignment, tmp_path: Path) -> None:
    for name in (".ada", ".git"):
        (tmp_path / "submitted" / name / ("tiny" if name == ".ada" else "hooks")).mkdir(
            parents=True
        )
    (tmp_path / "submitted" / ".DS_Store").write_text("")
    (line,) = misplaced(assignment, tmp_path / "submitted")
    assert line.startswith(f"{tmp_path / 'submitted' / '.ada'} is not graded") and "dot" in line


def test_other_assignments_and_notes_are_not_misplaced(
    assignment: Assignment, tmp_path: Path
) -> None:
    put(tmp_path, "ada", "tiny.ipynb")
    for place in ("notes.txt", "bob/other/other.ipynb", "bob/photo.png", ".git/tiny.ipynb"):
        path = tmp_path / "submitted" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    assert misplaced(assignment, tmp_path / "submitted") == []


def test_a_single_notebook_of_another_name_is_taken_and_several_are_not(
    assignment: Assignment, tmp_path: Path
) -> None:
    put(tmp_path, "one", "Copy of tiny.ipynb")
    put(tmp_path, "two", "a.ipynb", "b.ipynb")
    put(tmp_path, "zero")
    one, two, zero = find_submissions(assignment, tmp_path / "submitted")
    assert one.notebook is not None
    assert one.notebook.name == "Copy of tiny.ipynb"
    assert "Copy of tiny.ipynb" in one.problems[0]
    assert (two.notebook, zero.notebook) == (None, None)
    assert "a.ipynb, b.ipynb" in two.problems[0]
    assert "no other notebook" in zero.problems[0]


@pytest.mark.parametrize(
    ("named", "copy", "graded", "said"),
    [
        ("blank", "solved", "tiny (1)", "no answer is in tiny.ipynb, so tiny (1).ipynb was graded"),
        ("damaged", "solved", "tiny (1)", "so tiny (1).ipynb was graded"),
        ("solved", "blank", "tiny", "tiny.ipynb was graded; tiny (1).ipynb is there, too"),
        ("solved", "other", "tiny", "tiny.ipynb was graded; tiny (1).ipynb is there, too"),
        ("blank", "blank", "tiny", "tiny.ipynb was graded; tiny (1).ipynb is there, too"),
        ("damaged", "damaged", "tiny", "tiny.ipynb was graded; tiny (1).ipynb is there, too"),
    ],
)
def test_the_copy_with_the_answers_is_graded(
    tmp_path: Path, named: str, copy: str, graded: str, said: str
) -> None:
    built = make_tiny(tmp_path / "course")
    texts = {
        "blank": nbformat.writes(released(built)),
        "solved": nbformat.writes(solved(built)),
        "other": nbformat.writes(solved(built, answer_why="Another answer.")),
        "damaged": "{",
    }
    folder = submission_folder(built, "ada")
    for name, kind in (("tiny", named), ("tiny (1)", copy), ("data", "solved")):
        (folder / f"{name}.ipynb").write_text(texts[kind], encoding="utf-8")
    (found,) = find_submissions(built, built.course.root / "submitted")
    assert found.notebook == folder / f"{graded}.ipynb"
    (problem,) = found.problems
    assert said in problem


def test_links_are_not_followed(assignment: Assignment, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "tiny").mkdir(parents=True)
    (outside / "tiny" / "tiny.ipynb").write_text("{}")
    folder = put(tmp_path, "linked-file")
    (folder / "tiny.ipynb").symlink_to(outside / "tiny" / "tiny.ipynb")
    (tmp_path / "submitted" / "linked-folder").symlink_to(outside)
    for found in find_submissions(assignment, tmp_path / "submitted"):
        assert found.notebook is None
        assert "symbolic link" in found.problems[0]
    with pytest.raises(SubmissionError, match="cannot open it"):
        read_submission(folder / "tiny.ipynb")


# ---- reading ----


def valid_text() -> str:
    text: str = nbformat.writes(
        new_notebook(cells=[new_code_cell("x = 1"), new_markdown_cell("text")])
    )
    return text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "an empty file"),
        (b" \n", "an empty file"),
        (valid_text().encode()[:200], "truncated"),
        (b"import numpy as np\n", "not JSON), line 1: this is Python code; hand in the .ipynb"),
        (b"<!DOCTYPE html><title>Log in", "this is a web page, perhaps of a login"),
        (b"version https://git-lfs.github.com/spec/v1\n", "this is a pointer of Git LFS; run"),
        (b"\0" * 3000, "this is nothing but zeros, as after a failed upload; hand it in again"),
        (b"PK\x03\x04\xff\xfe", "this is an archive or office document; unpack it"),
        (b"\x1f\x8b\x08\x00", "this is an archive; unpack it"),
        (b"%PDF-1.4\n", "this is a PDF"),
        (
            valid_text().replace('"cells"', '\n<<<<<<< HEAD\n"cells"', 1).encode(),
            "marks of a merge conflict of git in line",
        ),
        (b"\xff\xfe\x00\x01", "not UTF-8"),
        (b"[1, 2]", "not a notebook"),
        (b'{"cells": {}, "nbformat": 4}', "cells are not a notebook's"),
        (b'{"cells": [1], "nbformat": 4}', "cells are not a notebook's"),
        (
            b'{"cells": [{"cell_type": "code", "source": 5}], "nbformat": 4}',
            "cells are not a notebook's",
        ),
        (b'{"worksheets": [], "nbformat": [4]}', "cannot be converted"),
        (b'{"worksheets": 3, "nbformat": 3}', "cannot be converted"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"nbformat": 4, "cells": ' + b"[" * 200 + b"]" * 200 + b"}", "nested more than"),
        (b'{"nbformat": ' + b"9" * 10_000 + b"}", "far too long"),
    ],
)
def test_what_is_no_notebook_is_refused_in_one_line(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "tiny.ipynb"
    path.write_bytes(content)
    with pytest.raises(SubmissionError, match=re.escape(reason)) as caught:
        read_submission(path)
    assert str(caught.value).startswith("tiny.ipynb: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text.replace('"nbformat": 4', '"nbformat": "4"').encode(), "found '4'"),
        (lambda text: text.replace('"nbformat": 4,', "").encode(), "found None"),
        (lambda text: text.encode("utf-16"), "UTF-16"),
        (
            lambda text: text.replace('"text"', '"t\xe9xt"').encode("latin-1"),
            "not UTF-8 text (byte",
        ),
    ],
)
def test_an_odd_field_or_byte_costs_itself(
    tmp_path: Path, damage: Callable[[str], bytes], said: str
) -> None:
    (tmp_path / "tiny.ipynb").write_bytes(damage(valid_text()))
    problems: list[str] = []
    notebook = read_submission(tmp_path / "tiny.ipynb", problems)
    assert [cell.cell_type for cell in notebook.cells] == ["code", "markdown"]
    assert notebook.cells[0].source == "x = 1"
    (problem,) = problems
    assert said in problem


def test_a_notebook_larger_than_the_limit_is_refused_without_reading_it_all(tmp_path: Path) -> None:
    path = tmp_path / "tiny.ipynb"
    with path.open("wb") as file:
        file.truncate(2**40)  # a terabyte, none of it on the disk
    with pytest.raises(SubmissionError, match="larger than 50 MB"):
        read_submission(path)


def test_a_pipe_does_not_stop_the_grader(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "tiny.ipynb")
    with pytest.raises(SubmissionError, match="not a regular file"):
        read_submission(tmp_path / "tiny.ipynb")


def test_an_odd_cell_costs_itself_and_what_is_odd_is_said_once() -> None:
    code = {"cell_type": "Code", "source": "x = 1", "outputs": []}
    text = {"cell_type": 7, "source": "Because, I think."}
    cells = [[code, [text], 1, 2], None, 5, [], code, {"cell_type": "code", "source": ["y", 1]}]
    cells.append({"cell_type": "code", "sourc": "z = 3", "outputs": []})
    problems: list[str] = []
    notebook = read_notebook(json.dumps({"cells": cells, "nbformat": 4}), "x.ipynb", problems)
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [
        ("code", "x = 1"),
        ("markdown", "Because, I think."),
        ("code", "x = 1"),
        ("code", "y"),
        ("code", ""),
    ]
    assert [problem.partition(";")[0] for problem in problems] == [
        "each of the cells 1, 5 has no type that Jupyter knows and was read as a code cell",
        "cell 1 has no type that Jupyter knows and was read as a markdown cell",
        "each of the cells 1, 2, 3, 4 can't be read and was left out",
        "each of the cells 6, 7 has a damaged text, of which the readable part was kept",
    ]


def test_an_old_notebook_is_upgraded() -> None:
    notebook = read_notebook(json.dumps(OLD), "old.ipynb")
    nbformat.validate(notebook)
    assert [cell.source for cell in notebook.cells] == ["## A title", "x = 1\nx"]


def test_what_an_editor_lost_is_filled_in() -> None:
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "source": ["x = 1\n", "y"]},
        {
            "cell_type": "code",
            "source": "z",
            "metadata": None,
            "outputs": [
                {"output_type": "stream", "text": ["a", "b"]},
                {"output_type": "magic"},
                "nonsense",
            ],
            "execution_count": "3",
        },
        {"cell_type": "markdown", "source": "\ud800 half a pair", "id": "no spaces allowed"},
    ]
    text = json.dumps({"cells": cells, "nbformat": 4})
    notebook = read_notebook(text, "tiny.ipynb")
    assert [cell.source for cell in notebook.cells] == ["x = 1\ny", "z", "\ufffd half a pair"]
    assert notebook.cells[1].outputs[0].text == "ab"
    assert len(notebook.cells[1].outputs) == 1
    notebook.cells[1].outputs[0].name = "stdout"
    nbformat.validate(notebook)
    assert [cell.id for cell in read_notebook(text, "tiny.ipynb").cells] == [
        cell.id for cell in notebook.cells
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["code", "markdown", "raw"]), st.text()), max_size=6))
def test_reading_what_nbformat_wrote_gives_the_same_cells(cells: list[tuple[str, str]]) -> None:
    make = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": nbformat.v4.new_raw_cell}
    notebook = new_notebook(cells=[make[kind](source) for kind, source in cells])
    again = read_notebook(json.dumps(notebook), "tiny.ipynb")
    assert [(cell.cell_type, cell.source, cell.id) for cell in again.cells] == [
        (cell.cell_type, cell.source, cell.id) for cell in notebook.cells
    ]
    nbformat.validate(again)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.sampled_from(["code", "markdown", "stream", "error"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "cell_type",
                    "source",
                    "metadata",
                    "outputs",
                    "output_type",
                    "text",
                    "data",
                    "id",
                    "nbformat",
                    "cells",
                ]
            ),
            inner,
        )
    ),
    max_leaves=30,
)


@settings(max_examples=200, deadline=None)
@given(json_values, st.sampled_from([2, 3, 4]))
def test_any_json_is_a_notebook_or_refused(cells: Any, version: int) -> None:
    text = json.dumps(
        {"cells" if version == 4 else "worksheets": cells, "nbformat": version, "metadata": cells}
    )
    try:
        notebook = read_notebook(text, "tiny.ipynb")
    except SubmissionError:
        return
    json.dumps(notebook, ensure_ascii=False).encode()
    for cell in notebook.cells:
        assert isinstance(cell.source, str)
        assert isinstance(cell.metadata, dict)
