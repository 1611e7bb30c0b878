"""Student code gets the files that a test writes; what it replaces in modules is as before then."""

from __future__ import annotations

import ast
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest

from hwlib.errors import CannotCheck
from hwlib.grading.engines.patches import Patches, attributes_set
from hwlib.grading.engines.test_files import MAX_BYTES, MAX_FILES, TestFiles, opens_files
from hwlib.grading.sandbox.replaced import write_files


@pytest.fixture
def files(tmp_path: Path) -> Iterator[TestFiles]:
    """The files of a test while it runs; the assignment has a file `given.txt`."""
    (tmp_path / "given.txt").write_text("the course's")
    made = TestFiles(CannotCheck)
    before = Path.cwd()
    made.begin(tmp_path)
    try:
        yield made
    finally:
        made.end()
        os.chdir(before)


def test_each_change_is_told_once_and_can_be_made_elsewhere(
    files: TestFiles, tmp_path_factory: pytest.TempPathFactory
) -> None:
    here, there = Path.cwd(), tmp_path_factory.mktemp("worker")
    steps: list[Callable[[], object]] = [
        lambda: Path("a.txt").write_text("one"),
        lambda: Path("more").mkdir(),
        lambda: Path("more/b.bin").write_bytes(bytes(1)),
        lambda: Path("a.txt").write_text("three"),
        lambda: shutil.rmtree("more"),
        lambda: Path("a.txt").unlink(),
    ]
    for step in steps:
        step()
        told = files.news()["files"]
        assert files.news() == {}
        os.chdir(there)
        write_files(told)
        os.chdir(here)
        assert {str(p.relative_to(there)) for p in there.rglob("*")} == {
            str(p.relative_to(here)) for p in here.rglob("*") if p.name != "given.txt"
        }
        assert all(p.read_bytes() == (here / p.name).read_bytes() for p in there.glob("*.txt"))


def test_files_of_the_assignment_are_there_and_not_told(files: TestFiles, tmp_path: Path) -> None:
    assert Path("given.txt").read_text() == "the course's"
    assert [name for name, _ in files.news()["files"]] == ["tmp"]
    files.end()
    assert (tmp_path / "given.txt").read_text() == "the course's"


def test_too_much_leaves_the_question_to_a_human(tmp_path: Path) -> None:
    reasons: list[str] = []
    before = Path.cwd()
    made = TestFiles(reasons.append)
    made.begin(tmp_path)
    try:
        with Path("large").open("wb") as file:
            file.truncate(MAX_BYTES + 1)
        assert (made.news(), len(reasons)) == ({}, 1)
        Path("large").unlink()
        for number in range(MAX_FILES + 1):
            Path(str(number)).touch()
        assert (made.news(), len(reasons)) == ({}, 2)
    finally:
        made.end()
        os.chdir(before)


def test_a_path_in_the_folder_is_sent_as_the_same_place_in_the_workers(files: TestFiles) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.txt")
        assert not Path(files.as_sent(str(path))).is_absolute()
        assert Path(files.as_sent(path)).resolve() == path.resolve()
    assert files.as_sent("/etc/passwd") == "/etc/passwd"


def test_a_test_that_opens_no_files_gets_no_folder() -> None:
    assert opens_files(ast.parse("with open('a', 'w') as f: f.write('x')"))
    assert not opens_files(ast.parse("assert f(2) == 3"))


def test_what_a_test_replaces_is_told_and_then_as_before() -> None:
    source = "import math as m\nm.pi = 3\nm.tau = 6"
    patches, pi, path = Patches(), math.pi, os.environ["PATH"]
    patches.begin({}, attributes_set(ast.parse(source)))
    assert patches.news() == {}
    math.pi = 3  # type: ignore[misc]
    os.environ["PATH"] = "here"
    started = mock.patch("random.randint").start()
    told = patches.news()
    assert told["environ"] == {"PATH": "here"}
    assert sorted(one[:2] for one in told["patched"]) == [["math", "pi"], ["random", "randint"]]
    assert started in [one[2] for one in told["patched"]]
    patches.end()
    assert (math.pi, os.environ["PATH"]) == (pi, path)
    assert patches.news() == {}
