"""Gradescope's zip in a container like Gradescope's: setup.sh and run_autograder really run.

One image serves all tests, because setup.sh takes longest.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import needs
import pytest
from courses import hand_in, make_assignment, make_tiny, released, solved
from in_container import HARMLESS, POSSIBLE, Container
from nbformat import NotebookNode
from on_the_verdict import COURSE, NOTEBOOK, TOML
from parity_graders import GRADERS, HandIn
from parity_table import compare
from situation import FULL

from hwlib.atomic import remove_folder
from hwlib.errors import CourseError, GradingError
from hwlib.grading import Assignment
from hwlib.grading.outlets.gradescope_simulator import Image, Limits, built_image
from hwlib.grading.outlets.gradescope_view import complaints
from hwlib.grading.outlets.gradescope_zip import write_gradescope_zip
from hwlib.grading.submissions.files import FoundSubmission

needs_container = pytest.mark.skipif(
    sys.platform != "linux" or os.getuid() != 0 or shutil.which("bwrap") is None,
    reason="a container needs root and bubblewrap; run: apt-get install bubblewrap, then as root",
)

# each is an expression that is true where the attack succeeds
ATTACKS = {
    "read the tests": "any(text(path) for path in pathlib.Path('/autograder').rglob('*.ipynb'))",
    "list the source": "os.listdir('/autograder/source')",
    "read who it is": "text('/autograder/submission_metadata.json')",
    "read other tests": "os.listdir('/autograder/submission')",
    "write results": "wrote('/autograder/results/results.json')",
    "write the harness": "wrote('/autograder/run_autograder')",
    "write setup.sh": "wrote('/autograder/source/setup.sh')",
    "write hwlib": "wrote(pathlib.Path(os.__file__).parent / 'sitecustomize.py')",
    "write packages": "wrote(pathlib.Path(hwlib.__file__).parent / '__init__.py')",
    "write the cache": "wrote('/opt/hwlib/cache/poison')",
    "write /etc/ld.so.preload": "wrote('/etc/ld.so.preload')",
    "become root": "os.setuid(0) is None",
    "read the environment": "any(text(f'/proc/{p}/environ') for p in others)",
    "read memory": "any(open(f'/proc/{p}/mem', 'rb') for p in others)",
    "signal": "any(can_signal(p) for p in others)",
    "open a socket": "socket.socket()",
}
SPY = f"""
import os, pathlib, socket
import hwlib

ATTACKS = {ATTACKS!r}
me = os.getpid()
others = [int(p) for p in os.listdir('/proc') if p.isdigit() and int(p) != me]
others = [p for p in others if os.stat(f'/proc/{{p}}').st_uid != os.getuid()]

def text(path):
    return pathlib.Path(path).read_bytes()

def wrote(path):
    with open(path, 'ab') as file:
        return bool(file.write(b' '))

def can_signal(pid):
    return os.kill(pid, 0) is None

def succeeds(attack):
    try:
        return bool(eval(attack))
    except BaseException:
        return False

found = [name for name, attack in ATTACKS.items() if succeeds(attack)]
def half(x):
    assert not found, found
    return x / 2
"""
BOMBS = {
    "memory": "def half(x):\n    return sum(len(b) for b in [bytearray(2**26) for _ in range(99)])",
    "forks": "import os\ndef half(x):\n    while True:\n        os.fork()",
    "files": "def half(x):\n    for i in range(10**9):\n        open(str(i), 'w').write('x' * 999)",
    "output": "def half(x):\n    while True:\n        print('x' * 10**6)",
}
# a few of those that tools/attack_gradescope.py tries: what the spy above does not do
SAMPLE = (
    "write after the end",
    "leave code for the next Python",
    "connect to a port",
    "find it in a caller's frame",
    "codes for the terminal",
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    return make_tiny(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def image(tiny: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    archive = tmp_path_factory.mktemp("zip") / "tiny.zip"
    try:
        write_gradescope_zip(tiny, archive, wheels=True)
    except CourseError as error:
        pytest.skip(f"no packages for the zip ({error}); run this test with a network")
    with built_image(archive) as built:
        yield built


def graded(image: Image, folder: Path, notebook: NotebookNode, **more: Any) -> dict[str, Any]:
    path = folder / "tiny.ipynb"
    nbformat.write(notebook, path)
    done = image.grade([path], Limits(minutes=3), **more)
    assert not done.timed_out
    assert "isolation T2" in done.stdout  # as at Gradescope: root without namespaces
    assert complaints(done.results) == []
    results: dict[str, Any] = done.results
    everything = json.dumps(results) + done.stdout
    assert "hidden-secret-4242" not in everything
    return results


def scores(results: dict[str, Any]) -> list[float]:
    return [test["score"] for test in results["tests"]]


@needs_container
@pytest.mark.slow
def test_one_image_grades_honest_and_hostile_submissions_one_after_another(
    tiny: Assignment, image: Image, tmp_path: Path
) -> None:
    assert (image.root / "autograder" / "source" / "confirmed.json").read_text() == "[]"
    spied = graded(image, tmp_path, solved(tiny, solution_half=SPY))
    assert scores(spied) == [3, 1, 4], spied["tests"][2]["output"]
    for name, code in BOMBS.items():
        assert scores(graded(image, tmp_path, solved(tiny, solution_half=code))) == [3, 1, 0], name
    assert scores(graded(image, tmp_path, solved(tiny))) == [3, 1, 4]


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    paths = [tmp_path / folder / "tiny.ipynb" for folder in ("one", "two")]
    for path in paths:
        path.parent.mkdir()
        path.write_text("{}", encoding="utf-8")
    with pytest.raises(CourseError, match="have the same name"):
        Image(tmp_path, 0.0).grade(paths)


@needs_container
@pytest.mark.slow
@pytest.mark.parametrize("metadata", ["", '{"users": 3}'])
def test_odd_metadata_stops_nothing(
    tiny: Assignment, image: Image, tmp_path: Path, metadata: str
) -> None:
    assert scores(graded(image, tmp_path, solved(tiny), metadata=metadata)) == [3, 1, 4]


@needs_container
@needs.installed("otter")
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_sample_has_the_same_points_from_all_four_graders(tiny: Assignment, image: Image) -> None:
    notebooks = {
        "reference": solved(tiny),
        "release": released(tiny),
        "wrong": solved(tiny, solution_double="def double(x):\n    return x * x\n"),
    }
    made = []
    for kind, notebook in notebooks.items():
        folder = hand_in(tiny, kind, notebook)
        made.append(HandIn(FoundSubmission(kind, folder, folder / "tiny.ipynb", None), kind))
    found = compare(tiny, made, 5, GRADERS, image=image)
    assert [str(one) for one in found.apart] == []
    assert (found.submissions, found.questions, found.same) == (3, 9, 9)


@needs_container
@pytest.mark.slow
def test_attacks_fail_in_the_container(image: Image, tmp_path: Path) -> None:
    """It comes after the others, because the image then has another course."""
    (tmp_path / "course").mkdir()
    attacked = make_assignment(tmp_path / "course", COURSE, NOTEBOOK, TOML)
    write_gradescope_zip(attacked, tmp_path / "attacked.zip")
    remove_folder(image.root / "autograder/source/course")
    with zipfile.ZipFile(tmp_path / "attacked.zip") as packed:
        course = [name for name in packed.namelist() if name.startswith("course/")]
        packed.extractall(image.root / "autograder/source", course)
    container = Container(image, attacked)
    assert container.honest == FULL
    assert container.succeeds(HARMLESS)  # so a success would be seen
    chosen = [one for one in POSSIBLE if one.what in SAMPLE]
    assert len(chosen) == len(SAMPLE)
    assert [one.what for one in chosen if container.succeeds(one)] == []
    assert container.tier == "T2"


@needs_container
def test_a_setup_that_fails_is_told_with_its_last_lines(tmp_path: Path) -> None:
    from hwlib.grading.outlets.same_bytes import zip_bytes

    files = {"setup.sh": b"#!/bin/sh\necho no such package >&2\nexit 3\n", "run_autograder": b""}
    (tmp_path / "bad.zip").write_bytes(zip_bytes(files, files))
    expected = "setup.sh ended with exit code 3: no such package"
    with pytest.raises(GradingError, match=expected), built_image(tmp_path / "bad.zip"):
        pass


@needs_container
@pytest.mark.parametrize("content", [b"", b"PK", b"no zip"])
def test_what_is_no_autograder_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.zip").write_bytes(content)
    with (
        pytest.raises(CourseError, match="cannot open this zip"),
        built_image(tmp_path / "bad.zip"),
    ):
        pass


DOCKER = """#!/bin/sh
unshare --user true && exit 4
mount -t tmpfs tmpfs /opt && exit 5
grep CapEff /proc/self/status >&2
exit 3
"""


@needs_container
def test_the_container_has_dockers_rights_and_refuses_the_calls_that_docker_refuses(
    tmp_path: Path,
) -> None:
    from hwlib.grading.outlets.same_bytes import zip_bytes

    files = {"setup.sh": DOCKER.encode(), "run_autograder": b""}
    (tmp_path / "tries.zip").write_bytes(zip_bytes(files, files))
    # the number that `docker run debian grep CapEff /proc/self/status` shows
    expected = "exit code 3: .*CapEff:\t00000000a80425fb"
    with (
        pytest.raises(GradingError, match=f"(?s){expected}"),
        built_image(tmp_path / "tries.zip"),
    ):
        pass
