"""The leak check: finds what students must not see, wherever in release/ it stands, and stays
silent about the rest.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from courses import MEANS, MakeCourse
from nbformat import NotebookNode

from hwlib.errors import AuthoringError, CourseError
from hwlib.grading import Assignment, build
from hwlib.grading.authoring import packed
from hwlib.grading.authoring.leaks import Leak, find_leaks, is_trivial

SOLUTION_LINE = "total = np.sum(values, dtype=float)"


@pytest.fixture
def small(course: MakeCourse) -> Assignment:
    assignment = course().assignment("small")
    build(assignment)
    return assignment


def change_release(assignment: Assignment, change: Callable[[NotebookNode], None]) -> list[Leak]:
    """Change the release notebook on disk as a careless hand would, and look for leaks."""
    notebook = NotebookNode(json.loads(assignment.release.read_text(encoding="utf-8")))
    change(notebook)
    assignment.release.write_text(json.dumps(notebook), encoding="utf-8")
    return find_leaks(assignment)


def in_prose(text: str) -> Callable[[NotebookNode], None]:
    return lambda notebook: notebook["cells"][0]["source"].append(f"\n{text}")


def test_what_the_build_makes_has_no_leak(small: Assignment) -> None:
    assert find_leaks(small) == []


PLACES: dict[str, Callable[[NotebookNode], None]] = {
    "a solution line in prose": in_prose(f"Try `{SOLUTION_LINE}`."),
    "a solution line in other spacing": in_prose("total=np.sum( values,dtype = float )"),
    "a solution line that was never cut out": lambda nb: nb["cells"][4]["source"].append(
        "\n    " + SOLUTION_LINE
    ),
    "a solution line commented out": lambda nb: nb["cells"][6]["source"].append(
        "\n# " + SOLUTION_LINE
    ),
    "a solution line in an output": lambda nb: nb["cells"][5]["outputs"].append(
        {
            "output_type": "stream",
            "name": "stdout",
            "text": ["def mean(values):\n", f"    {SOLUTION_LINE}\n"],
        }
    ),
    "a solution line in a cell's metadata": lambda nb: nb["cells"][3]["metadata"].update(
        note={"deep": [SOLUTION_LINE]}
    ),
    "a solution line in the notebook's metadata": lambda nb: nb["metadata"].update(
        note=SOLUTION_LINE
    ),
    "a hidden test in prose": in_prose("We check that mean([1, 2, 3.123457]) == 6.123457 / 3"),
    "a hidden test's line": lambda nb: nb["cells"][5]["source"].append(
        '\nassert mean([1, 2, 3.123457]) == 6.123457 / 3, "not the mean of three"'
    ),
    "a number of a hidden test": in_prose("The sum is 6.123457."),
    "a number of a hidden test, with commas or an exponent": in_prose("The sum is 6123457e-6."),
    "a string of a hidden test": in_prose('A student read: "not the mean of three".'),
    "a model answer": in_prose(
        "Take the median when a *few* values are\nfar away from all the others!"
    ),
    "a marker": in_prose("### BEGIN HIDDEN TESTS"),
}


@pytest.mark.parametrize("change", PLACES.values(), ids=PLACES)
def test_a_leak_is_found(small: Assignment, change: Callable[[NotebookNode], None]) -> None:
    assert change_release(small, change)


def test_a_leak_says_what_and_where(small: Assignment) -> None:
    (leak,) = change_release(small, in_prose(SOLUTION_LINE))
    assert (leak.kind, leak.origin, leak.line) == ("solution", "solution-mean", 4)
    assert (
        str(leak) == "leak: students can see this solution of solution-mean in release/, "
        f"small.ipynb cell 1 (source): {SOLUTION_LINE}"
    )


def test_other_files_are_searched_too(small: Assignment) -> None:
    (small.release.parent / "helpers.py").write_text(
        f"def mean(values):\n    {SOLUTION_LINE}\n", encoding="utf-8"
    )
    (small.release.parent / "old.json").write_text(
        json.dumps({"expected": [6.123457]}), encoding="utf-8"
    )
    assert [(leak.kind, leak.where) for leak in find_leaks(small)] == [
        ("solution", "helpers.py"),
        ("number", "old.json"),
    ]


def _zipped(content: bytes, name: str = "a.txt") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return stream.getvalue()


def _tarred(content: bytes, mode: Literal["w", "w:gz", "w:xz"]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        member = tarfile.TarInfo("a.txt")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "a.zip": _zipped,
    "zip in zip.zip": lambda content: _zipped(_zipped(content), "b.zip"),
    "a.tar": lambda content: _tarred(content, "w"),
    "a.tgz": lambda content: _tarred(content, "w:gz"),
    "a.tar.xz": lambda content: _tarred(content, "w:xz"),
    "a.gz": gzip.compress,
    "a.bz2": bz2.compress,
    "a.xz": lzma.compress,
    "utf-16.txt": lambda content: content.decode().encode("utf-16"),
    "utf-16-be.txt": lambda content: content.decode().encode("utf-16-be"),
}


@pytest.mark.parametrize("name", PACKED)
def test_what_is_packed_is_searched_too(small: Assignment, name: str) -> None:
    text = f"# the begin of a module\ndef mean(values):\n    {SOLUTION_LINE}\n"
    (small.release.parent / name).write_bytes(PACKED[name](text.encode()))
    (leak,) = find_leaks(small)
    assert (leak.kind, leak.text) == ("solution", SOLUTION_LINE)
    assert leak.where.startswith(name)


def test_a_copied_file_of_the_instructor_is_found_in_an_archive(small: Assignment) -> None:
    (small.folder / "artifacts").mkdir()
    (small.folder / "artifacts" / "net.safetensors").write_bytes(b"# short")
    (small.release.parent / "a.zip").write_bytes(_zipped(b"# short"))
    assert [(leak.kind, leak.where) for leak in find_leaks(small)] == [("file", "a.zip: a.txt")]


def test_an_archive_that_cannot_be_opened_is_told_unless_it_is_allowed(small: Assignment) -> None:
    damaged = bytearray(_zipped(b"words" * 100))
    damaged[40] ^= 255
    (small.release.parent / "a.zip").write_bytes(damaged)
    (leak,) = find_leaks(small)
    assert (leak.kind, leak.where) == ("file", "a.zip")
    allowed = replace(small, allowed_leaks={leak.text: "data with a password"})
    assert find_leaks(allowed) == []


def test_what_is_unpacked_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "MAX_BYTES", 1000)
    found, closed = packed.with_unpacked({"a.zip": _zipped(bytes(10**6)), "b": b"b"})
    assert (list(found), closed) == (["a.zip", "b"], ["a.zip"])
    deep = b"x"
    for _ in range(packed.MAX_DEPTH + 2):
        deep = _zipped(deep, "a.zip")
    monkeypatch.setattr(packed, "MAX_BYTES", 10**6)
    assert packed.with_unpacked({"a.zip": deep})[1] != []


def test_a_copied_file_of_the_instructor_is_found(small: Assignment) -> None:
    for folder, name in (
        ("artifacts", "net.safetensors"),
        ("right", "other.py"),
        (".", "equivalents.toml"),
    ):
        (small.folder / folder).mkdir(exist_ok=True)
        (small.folder / folder / name).write_bytes(b"# short")
        (small.release.parent / name).write_bytes(b"# short")
        assert [leak.kind for leak in find_leaks(small)] == ["file"]
        (small.release.parent / name).unlink()


def test_the_build_stops_at_a_leak_and_writes_nothing(course: MakeCourse) -> None:
    leaking = MEANS.replace("# What you will learn.", f"# Do not write {SOLUTION_LINE}")
    small = course(notebook_text=leaking).assignment("small")
    line = MEANS.split("\n").index(f"    {SOLUTION_LINE}") + 1
    for check in (False, True):
        with pytest.raises(
            AuthoringError,
            match=rf"small/notebook.py:{line}: leak: students can see this solution",
        ):
            build(small, check=check)
    assert not small.release.exists()


def test_the_build_stops_at_a_leak_in_a_supporting_file(course: MakeCourse) -> None:
    small = course().assignment("small")
    (small.folder / "files").mkdir()
    (small.folder / "files" / "notes.txt").write_text(
        "when a few values are far away from all the others", encoding="utf-8"
    )
    with pytest.raises(AuthoringError, match=r"this answer of answer-why in release/, notes.txt"):
        build(small)


def test_a_line_that_given_code_shows_anyway_is_no_leak(course: MakeCourse) -> None:
    text = MEANS.replace(
        "import numpy as np\n",
        f"import numpy as np\nvalues = [1.0]\n{SOLUTION_LINE}\nexpected = 6.123457\n",
    )
    build(course(notebook_text=text).assignment("small"))


def test_a_given_cell_with_the_whole_solution_is_a_leak(course: MakeCourse) -> None:
    again = f"def again(values):\n    {SOLUTION_LINE}\n    return total / len(values)\n"
    text = MEANS.replace("# %% experiment\n", f"# %% experiment\n{again}")
    with pytest.raises(AuthoringError, match="in release/, given code of the cell experiment-1"):
        build(course(notebook_text=text).assignment("small"))


def test_a_rubric_may_repeat_its_own_question(course: MakeCourse) -> None:
    text = MEANS.replace("# When a few", "# When would you take the median?\n# When a few")
    build(course(notebook_text=text).assignment("small"))


def test_a_table_of_numbers_leaks_only_with_all_digits(course: MakeCourse) -> None:
    small = course().assignment("small")
    (small.folder / "files").mkdir()
    (small.folder / "files" / "table.csv").write_text(
        "6.12346,3.12346\n612345.7\n", encoding="utf-8"
    )
    build(small)


def test_looking_before_building_is_a_course_error(course: MakeCourse) -> None:
    with pytest.raises(CourseError, match="run `hw build small` first"):
        find_leaks(course().assignment("small"))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "else:",
        "return x",
        "return loss, grads",
        "import numpy as np",
        "from math import sqrt",
        "x = []",
        "loss = 0.0",
        "num_test = X.shape[0]",
        "for i in range(num_test):",
        "for j in range(len(X_train)):",
        "for i, row in enumerate(rows):",
        "def train(self, X, y):",
        "if y is None:",
        "classifier = KNN()",
        "self.X_train = X",
        'W1, b1 = model["W1"], model["b1"]',
        "raise NotImplementedError()",
        ")",
        "loss /= N",
        "except ValueError:",
        "while not finished:",
    ],
)
def test_a_line_that_says_nothing_is_trivial(line: str) -> None:
    assert is_trivial(line)


@pytest.mark.parametrize(
    "line",
    [
        "dists[i, j] = np.linalg.norm(X[i] - self.X_train[j])",
        "return np.mean(y_pred != y_true)",
        "nearest = np.argsort(dists, axis=1)",
        "margins = np.maximum(0, scores - correct + 1)",
        "dW += reg * W[:, :-1]",
        "if np.allclose(a, b, atol=1e-6):",
        "2 * np.outer(a, b) +",
        "with np.errstate(divide='ignore'):",
        "model = nn.Sequential(nn.Linear(784, 100), nn.ReLU())",
    ],
)
def test_a_line_of_a_solution_is_not_trivial(line: str) -> None:
    assert not is_trivial(line)


def test_a_damaged_file_in_release_does_not_stop_the_search(
    small: Assignment, tmp_path: Path
) -> None:
    (small.release.parent / "broken.ipynb").write_text(
        '{"cells": [' + SOLUTION_LINE, encoding="utf-8"
    )
    (small.release.parent / "image.png").write_bytes(bytes(range(256)))
    assert [leak.where for leak in find_leaks(small)] == ["broken.ipynb"]
