"""Finding submissions and reading notebooks: nothing in them surprises the grader."""

from __future__ import annotations

import copy
import gc
import io
import json
import os
import pickle
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from courses import make_assignment, make_tiny, released, solved, submission_folder
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import hwlib
from hwlib import checks
from hwlib.errors import CheckFailed, CourseError, SubmissionError
from hwlib.grading import Assignment, Course
from hwlib.grading.grade import GradeOptions, grade_assignment
from hwlib.grading.submissions.files import find_submissions, misplaced, read_found
from hwlib.grading.submissions.reading import read_notebook, read_submission

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
        (lambda folder: _zipped(folder, a_ipynb=b"", b_ipynb=b""), "a.ipynb from tiny.zip, b"),
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
        "foreign": valid_text(),  # of no assignment, so it is never graded beside another one
    }
    folder = submission_folder(built, "ada")
    for name, kind in (("tiny", named), ("tiny (1)", copy), ("data", "foreign")):
        (folder / f"{name}.ipynb").write_text(texts[kind], encoding="utf-8")
    (found,) = find_submissions(built, built.course.root / "submitted")
    assert found.notebook == folder / f"{graded}.ipynb"
    (problem,) = found.problems
    assert said in problem


# ---- which notebook has the answers --------------------------------------------------------------


def older(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The same notebook, as if from a release with another text, given cell and experiment."""
    changed = copy.deepcopy(notebook)
    changed.cells[0].source = "# Tiny, last year"
    for cell in changed.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") in ("setup-2", "test-half"):
            cell.source = f"LAST_YEAR = 1\n{cell.source}"
    changed.cells.append(new_code_cell("old = [1, 2]\nprint(old)"))
    changed.cells[-1].metadata["hwlib"] = {"name": "experiment-1", "role": "experiment"}
    return changed


def lay(folder: Path, files: dict[str, str | bytes]) -> None:
    """Write files; "a.zip: b" is the file b in the zip a."""
    packed: dict[Path, dict[str, str | bytes]] = {}
    for name, content in files.items():
        archive, inside, inner = name.partition(": ")
        path = folder / archive
        path.parent.mkdir(parents=True, exist_ok=True)
        if inside:
            packed.setdefault(path, {})[inner] = content
        elif isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        else:
            path.write_bytes(content)
    for path, members in packed.items():
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
            for inner, content in members.items():
                zipped.writestr(inner, content)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    return make_tiny(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def texts(built: Assignment) -> dict[str, str]:
    """Notebooks by what is in them."""
    stripped = solved(built)
    for cell in stripped.cells:
        cell.metadata.clear()
    own = released(built)
    own.cells.append(new_code_cell("def double(x):\n    return 2 * x"))
    return {
        "blank": nbformat.writes(released(built)),
        "older": nbformat.writes(older(released(built))),
        "solved": nbformat.writes(solved(built)),
        "written": nbformat.writes(released(built, answer_why="Because.")),
        "old-solved": nbformat.writes(older(solved(built))),
        "stripped": nbformat.writes(stripped),
        "own-cell": nbformat.writes(own),
        "foreign": valid_text(),
        "empty": nbformat.writes(new_notebook(cells=[new_code_cell("")])),
        "nothing": "",
        "damaged": "{",
    }


OTHERS = (
    "tiny (1).ipynb",
    "HW1_Jane.ipynb",
    "tiny/tiny.ipynb",
    "nb/mine.ipynb",
    "tiny.zip: tiny.ipynb",
    "all.zip: hw/tiny.ipynb",
    "mine/all.zip: hw/tiny.ipynb",
)


@pytest.mark.parametrize("named", ["blank", "older", "empty", "nothing", "damaged"])
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("kind", ["solved", "written", "old-solved", "stripped", "own-cell"])
def test_a_notebook_without_answers_gives_way_to_one_with_answers(
    built: Assignment, texts: dict[str, str], tmp_path: Path, named: str, other: str, kind: str
) -> None:
    folder = tmp_path / "ada" / "tiny"
    lay(folder, {"tiny.ipynb": texts[named], other: texts[kind]})
    (found,) = find_submissions(built, tmp_path)
    notebook = read_found(found, [])
    assert [cell.source for cell in notebook.cells] == [
        cell.source for cell in read_notebook(texts[kind], "x.ipynb").cells
    ]
    assert found.problems[0].startswith("no answer is in tiny.ipynb, so ")


@pytest.mark.parametrize("named", ["solved", "written", "own-cell", "stripped", "old-solved"])
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("kind", ["blank", "solved", "older", "foreign", "damaged"])
def test_a_notebook_with_answers_is_graded_whatever_lies_beside_it(
    built: Assignment, texts: dict[str, str], tmp_path: Path, named: str, other: str, kind: str
) -> None:
    folder = tmp_path / "ada" / "tiny"
    lay(folder, {"tiny.ipynb": texts[named], other: texts[kind]})
    (found,) = find_submissions(built, tmp_path)
    assert found.notebook == folder / "tiny.ipynb"
    assert found.text is None


@pytest.mark.parametrize("other", OTHERS)
def test_other_answers_than_those_graded_are_told(
    built: Assignment, texts: dict[str, str], tmp_path: Path, other: str
) -> None:
    folder = tmp_path / "ada" / "tiny"
    lay(folder, {"tiny.ipynb": texts["written"], other: texts["solved"]})
    (found,) = find_submissions(built, tmp_path)
    (problem,) = found.problems
    assert problem.startswith("tiny.ipynb was graded; ")
    assert other.rpartition(": ")[2] in problem and "is there, too, and was not" in problem


@pytest.mark.parametrize("other", ["data.ipynb", "nb/mine.ipynb", "x.zip: mine.ipynb"])
@pytest.mark.parametrize("named", ["blank", "damaged"])
def test_a_foreign_notebook_is_not_graded_for_one_without_answers(
    built: Assignment, texts: dict[str, str], tmp_path: Path, named: str, other: str
) -> None:
    folder = tmp_path / "ada" / "tiny"
    lay(folder, {"tiny.ipynb": texts[named], other: texts["foreign"]})
    (found,) = find_submissions(built, tmp_path)
    assert (found.notebook, found.problems) == (folder / "tiny.ipynb", ())


def test_different_answers_in_several_others_wait_for_a_name(
    built: Assignment, texts: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "ada" / "tiny"
    files = {"tiny.ipynb": "blank", "a.ipynb": "solved", "b.ipynb": "written"}
    lay(folder, {name: texts[kind] for name, kind in files.items()})
    (found,) = find_submissions(built, tmp_path)
    assert found.notebook is None
    assert found.problems == (
        "no answer is in tiny.ipynb, and there are different answers in a.ipynb, b.ipynb; rename "
        "the right one to tiny.ipynb",
    )
    lay(folder, {"b.ipynb": texts["solved"]})  # the same answers twice
    (found,) = find_submissions(built, tmp_path)
    assert found.notebook == folder / "a.ipynb"


@pytest.mark.parametrize("empty", ["empty", "nothing"])
@pytest.mark.parametrize("kind", ["solved", "blank"])
def test_an_empty_notebook_does_not_count(
    built: Assignment, texts: dict[str, str], tmp_path: Path, empty: str, kind: str
) -> None:
    folder = tmp_path / "ada" / "tiny"
    lay(folder, {"tiny (1).ipynb": texts[kind], "Untitled.ipynb": texts[empty]})
    (found,) = find_submissions(built, tmp_path)
    assert found.notebook == folder / "tiny (1).ipynb"
    assert "the only notebook that is not empty" in found.problems[0]


@pytest.mark.parametrize("other", ["old_tiny.ipynb", "hw/not-tiny.ipynb", "a/scratch.ipynb"])
def test_of_several_notebooks_in_a_zip_the_one_with_the_right_name_is_meant(
    built: Assignment, texts: dict[str, str], tmp_path: Path, other: str
) -> None:
    folder = tmp_path / "ada" / "tiny"
    inside = {f"x.zip: {other}": texts["blank"], "x.zip: tiny.ipynb": texts["solved"]}
    lay(folder, dict(inside))
    (found,) = find_submissions(built, tmp_path)
    assert found.text == texts["solved"]


@pytest.mark.parametrize("other", ["blank", "older", "empty", "nothing", "foreign", "damaged"])
@pytest.mark.parametrize("kind", ["solved", "written", "own-cell"])
@pytest.mark.parametrize("places", [("x.zip: a", "x.zip: b"), ("x.zip: a", "sub/y.zip: b")])
def test_of_several_notebooks_in_zips_the_one_with_answers_is_graded(
    built: Assignment,
    texts: dict[str, str],
    tmp_path: Path,
    other: str,
    kind: str,
    places: tuple[str, str],
) -> None:
    first, second = (f"{place}.ipynb" for place in places)
    lay(tmp_path / "ada" / "tiny", {first: texts[other], second: texts[kind], "z.zip: d.csv": ""})
    (found,) = find_submissions(built, tmp_path)
    assert found.text == texts[kind]
    lay(tmp_path / "ada" / "tiny", {first: texts[kind], second: texts[other]})
    (found,) = find_submissions(built, tmp_path)
    assert found.text == texts[kind]


def test_a_damaged_zip_beside_a_notebook_without_answers_is_told(
    built: Assignment, texts: dict[str, str], tmp_path: Path
) -> None:
    lay(tmp_path / "ada" / "tiny", {"tiny.ipynb": texts["blank"], "mine.zip": "PK"})
    (found,) = find_submissions(built, tmp_path)
    assert found.notebook is None
    assert found.problems[0].startswith("no answer is in tiny.ipynb, and cannot open mine.zip (")
    lay(tmp_path / "ada" / "tiny", {"tiny.ipynb": texts["solved"]})
    (found,) = find_submissions(built, tmp_path)
    assert found.notebook and not found.problems


def test_a_sparse_zip_is_not_read_to_its_end(built: Assignment, tmp_path: Path) -> None:
    folder = tmp_path / "ada" / "tiny"
    folder.mkdir(parents=True)
    with (folder / "tiny.zip").open("wb") as file:
        file.truncate(200_000_000_000)
    (found,) = find_submissions(built, tmp_path)
    (problem,) = found.problems
    assert problem == ("cannot open tiny.zip (it is larger than 1 GB); hand in the notebook itself")


def test_a_zip_of_more_notebooks_than_can_be_compared_is_bounded(
    built: Assignment, tmp_path: Path
) -> None:
    inside = {f"x.zip: {number}.ipynb": bytes(40_000_000) for number in range(9)}
    lay(tmp_path / "ada" / "tiny", dict(inside))
    (found,) = find_submissions(built, tmp_path)
    assert not found.notebook and "its notebooks are too large" in " ".join(found.problems)


# ---- files that belong to a notebook -------------------------------------------------------------

WITH_MODEL = """\
# %% solution="double"
from helper import two


def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% test="double" points=2
from hwlib import checks as check

assert double(2) == 4
model = check.handed_in("best_model")
"""
MODEL_TOML = (
    'title = "Small"\npoints = 2\nminutes = 0.1\nartifacts = ["best_model"]\n'
    'student_files = ["helper.py"]\n'
)


@pytest.fixture
def declaring(tmp_path: Path) -> Assignment:
    """An assignment that declares files."""
    course = Course(tmp_path, "A course", "https://example.org")
    more: dict[str, Any] = {"artifacts": ("best_model",), "student_files": ("helper.py",)}
    return Assignment("tiny", "Tiny", 10, 1, course, **more)


NOTEBOOKS = ("tiny.ipynb", "nb/tiny.ipynb", "x.zip: tiny.ipynb", "x.zip: hw/tiny.ipynb")
PLACES = ("{}", "models/{}", "nb/{}", "x.zip: {}", "x.zip: hw/{}", "y.zip: {}", "a/y.zip: a/{}")
NAMES = (
    "best_model.safetensors",
    "best_model (1).safetensors",
    "Best-Model-Copy1.safetensors",
    "best_model.safetensors.txt",
    "best_model.safetensors.safetensors",
)


@pytest.mark.parametrize("notebook", NOTEBOOKS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", NAMES)
def test_a_declared_file_is_found_wherever_it_lies_in_the_hand_in(
    declaring: Assignment, tmp_path: Path, notebook: str, place: str, name: str
) -> None:
    folder = submission_folder(declaring, "ada")
    lay(folder, {notebook: valid_text(), place.format(name): b"numbers", "helper.py": "two = 2"})
    (found,) = find_submissions(declaring, tmp_path / "submitted")
    assert (found.folder / "best_model.safetensors").read_bytes() == b"numbers"
    assert (found.folder / "helper.py").read_text() == "two = 2"
    assert read_found(found, []).cells[0].source == "x = 1"
    if name != NAMES[0]:
        assert any(f"{name} was used" in text for text in found.problems), found.problems
    kept = found.folder
    sent = pickle.loads(pickle.dumps(found))  # noqa: S301  as to another process
    assert sent.folder == kept
    gathered = kept.parent if found.place else None
    del found
    gc.collect()
    assert gathered is None or not gathered.exists()


@pytest.mark.parametrize("outer", ["x.zip", "a/y.zip"])
def test_a_declared_file_is_found_in_a_zip_inside_a_zip(
    declaring: Assignment, tmp_path: Path, outer: str
) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("best_model.safetensors", b"numbers")
    folder = submission_folder(declaring, "ada")
    lay(folder, {"x.zip: tiny.ipynb": valid_text(), f"{outer}: models.zip": inner.getvalue()})
    (found,) = find_submissions(declaring, tmp_path / "submitted")
    assert (found.folder / "best_model.safetensors").read_bytes() == b"numbers"
    told = "there is no best_model.safetensors beside the notebook, so "
    assert any(text.startswith(told) and "models.zip/" in text for text in found.problems)


def test_a_zip_is_not_taken_for_the_file_that_it_is_named_after(
    declaring: Assignment, tmp_path: Path
) -> None:
    folder = submission_folder(declaring, "ada")
    lay(folder, {"tiny.ipynb": valid_text(), "helper.py": "", "best_model.safetensors.zip": b"PK"})
    (found,) = find_submissions(declaring, tmp_path / "submitted")
    assert not (found.folder / "best_model.safetensors").exists()


def test_of_several_files_that_may_be_meant_none_is_taken(
    declaring: Assignment, tmp_path: Path
) -> None:
    folder = submission_folder(declaring, "ada")
    models = {f"best_model ({n}).safetensors": b"1" for n in (1, 2)}
    lay(folder, {"tiny.ipynb": valid_text(), **models})
    (found,) = find_submissions(declaring, tmp_path / "submitted")
    assert found.folder == folder
    (problem,) = found.problems
    assert problem.startswith("there is no best_model.safetensors beside the notebook, but best_")


@pytest.mark.parametrize("other", ["best_model2", "best_models", "best_model_2", "worst_model"])
def test_another_model_is_not_taken_for_one_that_is_missing(
    declaring: Assignment, tmp_path: Path, other: str
) -> None:
    declaring = replace(declaring, artifacts=("best_model", "best_model_2"))
    folder = submission_folder(declaring, "ada")
    lay(folder, {"tiny.ipynb": valid_text(), f"{other}.safetensors": b"1", "helper.py": ""})
    (found,) = find_submissions(declaring, tmp_path / "submitted")
    assert (found.folder, found.problems) == (folder, ())


@pytest.mark.parametrize(
    ("member", "said"),
    [
        ("../outside.py", "was left out"),
        ("/outside.py", "was left out"),
        ("hw/../../outside.py", "was left out"),
        ("a/" * 20 + "deep.py", "was left out"),
        ("other/place.py", "were not used"),
        ("helper2.py", "were used, too"),
        ("old_tiny.ipynb", "were not graded"),
        ("__MACOSX/x.py", ""),
    ],
)
def test_what_becomes_of_a_file_in_a_zip_is_said(
    declaring: Assignment, tmp_path: Path, member: str, said: str
) -> None:
    folder = submission_folder(declaring, "ada")
    first = "hw/" if member == "other/place.py" else ""
    lay(folder, {f"x.zip: {first}tiny.ipynb": valid_text(), f"x.zip: {member}": "x"})
    (found,) = find_submissions(declaring, tmp_path / "submitted")
    assert found.text == valid_text() or read_found(found, []).cells
    assert any(said in text and Path(member).name in text for text in found.problems) is bool(said)
    assert not list(tmp_path.rglob("outside.py"))
    if found.place is not None:
        assert not list(found.place.path.parent.rglob("outside.py"))


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ([], "net.safetensors is missing; make it"),
        (["cnn"], "net.safetensors is missing, but cnn.safetensors is there; make it"),
        (["a", "b"], "net.safetensors is missing, but a.safetensors, b.safetensors are there; "),
        (["\x1b[2J"], "net.safetensors is missing; make it"),
    ],
)
def test_a_missing_model_is_told_with_those_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: list[str], said: str
) -> None:
    for name in there:
        (tmp_path / f"{name}.safetensors").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckFailed) as caught:
        checks.handed_in("net")
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("engine", ["isolated", "nbgrader"])
def test_what_was_in_a_zip_is_graded_with_its_notebook(tmp_path: Path, engine: Any) -> None:
    root = tmp_path / "course"
    helper = root / "assignments" / "small" / "files" / "helper.py"
    helper.parent.mkdir(parents=True)
    helper.write_text("two = None\n")
    assignment = make_assignment(root, "small", WITH_MODEL, MODEL_TOML, points=2)
    (root / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    own = "from helper import two\nfrom mine import one\ndouble = lambda x: two * one * x"
    notebook = nbformat.writes(released(assignment, solution_double=own))
    folder = submission_folder(assignment, "ada")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        model = hwlib.save_model({"W": np.ones(2)}, "best_model").read_bytes()
    files = {
        "small.ipynb": notebook,
        "helper.py": "two = 2\n",
        "mine.py": "one = 1\n",
        "best_model.safetensors": model,
    }
    lay(folder, {f"small.zip: {name}": content for name, content in files.items()})
    options = GradeOptions(engine=engine, seed=1)
    report = grade_assignment(assignment, root / "submitted", tmp_path / "out", options=options)
    (ada,) = report.submissions
    assert [(one.status, one.points) for one in ada.questions] == [("passed", 2)]
    assert any("mine.py" in text for text in ada.problems)


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


@pytest.mark.parametrize("zeros", [1, 3, 4096])
@pytest.mark.parametrize("before", ["", "\ufeff", "\n"])
def test_zeros_after_a_whole_notebook_are_left_out(tmp_path: Path, zeros: int, before: str) -> None:
    (tmp_path / "tiny.ipynb").write_bytes((before + valid_text()).encode() + b"\0" * zeros)
    problems: list[str] = []
    assert len(read_submission(tmp_path / "tiny.ipynb", problems).cells) == 2
    assert problems == [
        f"tiny.ipynb ends with {zeros:,} zero bytes, as after an upload that was interrupted; "
        "they were left out"
    ]


def test_too_many_cells_are_refused_with_limit_and_number() -> None:
    cells = [{"cell_type": "code", "source": "x"}] * 10_001
    text = json.dumps({"cells": cells, "nbformat": 4})
    with pytest.raises(SubmissionError, match="expected at most 10,000 cells, found 10,001; del"):
        read_notebook(text, "tiny.ipynb")


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
