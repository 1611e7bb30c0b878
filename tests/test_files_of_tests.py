"""A test and student code see each other's files as copies; neither leads the other anywhere."""

from __future__ import annotations

import ast
import importlib
import io
import math
import os
import pickle
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from hwlib.errors import CannotCheck, WireError
from hwlib.grading.engines.patches import Patches, attributes_set
from hwlib.grading.engines.test_files import TestFiles, opens_files
from hwlib.grading.engines.untrusted import is_dangerous
from hwlib.grading.sandbox.written_files import MAX_BYTES, MAX_FILES, Folder, TooLarge


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


@pytest.mark.parametrize(
    "name",
    ["../a", "/etc/a", "a/../../b", "", ".", "a\0b", "a/" * 40 + "b", "n" * 300, 5, None, "a\\b"],
    ids=ascii,
)
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: Any) -> None:
    folder = Folder(tmp_path / "inside")
    with pytest.raises(WireError):
        folder.take([["good.txt", b"x"], [name, b"x"]])
    assert not list(tmp_path.rglob("*"))


@pytest.mark.parametrize("told", [None, "a", [["a"]], [["a", "text"]], [["a", 1]], [[]] * 2000])
def test_what_is_no_list_of_files_is_refused(tmp_path: Path, told: Any) -> None:
    with pytest.raises(WireError):
        Folder(tmp_path).take(told)


def test_links_are_neither_followed_nor_told_of(tmp_path: Path) -> None:
    secret, inside = tmp_path / "secret", tmp_path / "inside"
    secret.mkdir()
    inside.mkdir()
    (secret / "a.txt").write_text("secret")
    folder = Folder(inside)
    (inside / "link").symlink_to(secret)
    (inside / "a.txt").symlink_to(secret / "a.txt")
    os.mkfifo(inside / "pipe")
    assert folder.news() == []
    folder.take([["link/a.txt", b"x"], ["a.txt", b"x"], ["link/b.txt", b"x"], ["a.txt", None]])
    assert [file.read_text() for file in secret.iterdir()] == ["secret"]
    assert (inside / "a.txt").is_symlink()


def test_too_much_is_not_told(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with (tmp_path / "large").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(TooLarge):
        folder.news()
    (tmp_path / "large").unlink()
    for number in range(MAX_FILES + 1):
        (tmp_path / str(number)).touch()
    with pytest.raises(TooLarge):
        folder.news()


def test_files_of_the_assignment_are_there_and_stay(files: TestFiles, tmp_path: Path) -> None:
    files.take({"files": [["given.txt", b"mine"], ["own.txt", b"mine"]]})
    assert Path("given.txt").read_text() == "the course's"
    assert Path("own.txt").read_text() == "mine"
    assert (tmp_path / "given.txt").read_text() == "the course's"


def test_a_path_in_the_folder_is_sent_as_the_same_place_in_the_workers(files: TestFiles) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.txt")
        assert not Path(files.as_sent(str(path))).is_absolute()
        assert Path(files.as_sent(path)).resolve() == path.resolve()
    assert files.as_sent("/etc/passwd") == "/etc/passwd"


@pytest.mark.parametrize(
    "run",
    [
        pickle.loads,
        lambda content: subprocess.run([sys.executable, "a.py"], check=False),
        lambda content: os.system("python a.py"),
        lambda content: exec(Path("a.py").read_text()),
        exec,
        lambda content: compile(content + b"\n", "a.py", "exec"),
    ],
)
def test_no_file_of_a_students_is_run(files: TestFiles, run: Any) -> None:
    content = pickle.dumps(Path) if run is pickle.loads else b"x = 1"
    files.take({"files": [["a.py", content]]})
    with pytest.raises(CannotCheck):
        run(content)


def test_no_module_of_a_students_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend("")
    monkeypatch.chdir(tmp_path)
    made = TestFiles(CannotCheck)
    made.begin(tmp_path)
    try:
        made.take({"files": [["a_module_of_a_student.py", b"x = 1"]]})
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("a_module_of_a_student")
    finally:
        made.end()
    assert sys.path[0] == ""


def test_what_unpacks_to_any_size_is_found() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a", bytes(2**20))
    assert not is_dangerous(packed.getvalue())
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("b", bytes(2**28))
    assert is_dangerous(packed.getvalue())
    assert is_dangerous(b"\x1f\x8bx") and is_dangerous(b"\x89HDF\r\n") and not is_dangerous(b"a,b")


@pytest.mark.parametrize(
    ("test", "opens"),
    [
        ("save('a')\nassert open('a').read()", True),
        ("assert np.load('a.npy').sum() == 3", True),
        ("assert f(2) == 3", False),
        ("import pickle\nassert pickle.load(open('a', 'rb')) == 3", False),
        ("assert np.load('a.npy', allow_pickle=True).sum() == 3", False),
        ("import subprocess\nsubprocess.run(['a'])\nopen('a')", False),
        ("exec(open('a.py').read())", False),
        ("from importlib import import_module\nopen('a')", False),
        ("import sys\nsys.path.append('.')\nopen('a')", False),
        ("torch.load(open('a'))", False),
        ("import re\nassert re.compile('a').match(open('a').read())", True),
    ],
)
def test_a_test_that_would_run_files_gets_none(test: str, opens: bool) -> None:
    assert opens_files(ast.parse(test)) is opens


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
