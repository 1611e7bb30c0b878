"""One odd hand-in never stops a class, costs nobody else a point, and comes out exactly once."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import courses
import nbformat
import pytest
from command_line import Grading
from courses import TINY as NOTEBOOK
from courses import make_tiny, solved
from graders import NOBODY, as_grader
from nbformat import NotebookNode
from odd_answers import ANSWERS, OddAnswer
from odd_hand_ins import FULL, ODD, OddHandIn, remove_deep
from operations import LEFT_TO_HUMANS, OPERATIONS, SLUG, Operation, make_operations
from whole_course import make_whole

from hwlib.grading import find_course
from hwlib.grading.course import Assignment
from hwlib.grading.proof.variants import reference_notebook

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the isolated engine needs Linux"),
    pytest.mark.slow,
]

Results = dict[str, dict[str, Any]]  # student → what the JSON says


def hand_in(
    root: Path, student: str, content: NotebookNode | str | bytes, timestamp: str = ""
) -> Path:
    """Hand `tiny` in, in the course that lies in this folder."""
    return courses.hand_in(find_course(root).assignment("tiny"), student, content, timestamp)


def points(result: dict[str, Any]) -> dict[str, float]:
    """Question → points."""
    return {question["id"]: question["points"] for question in result["questions"]}


def statuses(result: dict[str, Any]) -> dict[str, str]:
    """Question → status."""
    return {question["id"]: question["status"] for question in result["questions"]}


# ---- a class of odd hand-ins ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def odd_class() -> Iterator[Path]:
    # not among pytest's own folders, which it takes away in a way that fails for very deep ones
    root = Path(tempfile.mkdtemp(prefix="hw-odd-"))
    try:
        others = nbformat.read(make_whole(root).release, as_version=4)
        tiny = make_tiny(root)
        for one in ODD:
            one.hand_in(tiny, others)
        (root / "submitted" / "notes.txt").write_text("not a student")
        yield root
    finally:
        remove_deep(root)


@pytest.fixture(scope="module")
def first_run(odd_class: Path) -> Results:
    return Grading(odd_class, "tiny", "--seed", "1").results()


@pytest.fixture(scope="module")
def second_run(odd_class: Path, first_run: Results) -> Results:
    return Grading(odd_class, "tiny", "--seed", "1").results()


@pytest.fixture(scope="module")
def nbgrader_run(odd_class: Path) -> Results:
    return Grading(odd_class, "tiny", "--engine", "nbgrader", "--output", "by-nbgrader").results()


def check_odd(one: OddHandIn, results: Results) -> None:
    result = one.result(results)
    if one.graded:
        assert (result["score"], result["status"]) == (FULL, "needs_manual"), result["problems"]
    elif one.graded is False:
        assert (result["score"], result["status"]) == (0, "rejected"), result["problems"]
        assert len(result["problems"]) == 1
    assert one.said in "\n".join(result["problems"])
    assert all("\n" not in problem and len(problem) < 500 for problem in result["problems"])
    assert result["seconds"] < 120


@pytest.mark.parametrize("one", ODD, ids=lambda one: ascii(one.name))
def test_an_odd_hand_in_is_graded_or_refused_in_one_line(
    one: OddHandIn, first_run: Results
) -> None:
    check_odd(one, first_run)


@pytest.mark.parametrize("one", ODD, ids=lambda one: ascii(one.name))
def test_the_nbgrader_engine_grades_or_refuses_it_as_well(
    one: OddHandIn, nbgrader_run: Results
) -> None:
    check_odd(one, nbgrader_run)


def test_what_a_kernel_prints_arrives_whatever_it_is(
    odd_class: Path, nbgrader_run: Results
) -> None:
    folder = odd_class / "by-nbgrader" / "autograded" / "surrogate-printed"
    printed = [
        output["text"]
        for cell in nbformat.read(next(folder.rglob("*.ipynb")), as_version=4).cells
        for output in cell.get("outputs", [])
        if output["output_type"] == "stream"
    ]
    assert "\ufffd\n" in printed


def test_each_odd_hand_in_comes_out_once_and_is_kept(
    first_run: Results, second_run: Results
) -> None:
    assert len(first_run) == len(ODD)
    assert list(second_run) == list(first_run)
    changed = {
        student: (first_run[student]["score"], result["score"], result["cached"])
        for student, result in second_run.items()
        if not result["cached"] or result["score"] != first_run[student]["score"]
    }
    # what this machine lacks may be there next time: that one waits
    assert changed == {}


def test_the_gradebook_and_the_pages_have_each_odd_hand_in(
    odd_class: Path, first_run: Results
) -> None:
    with contextlib.closing(sqlite3.connect(odd_class / "gradebook.db")) as connection:
        recorded = {student for (student,) in connection.execute("SELECT id FROM student")}
    assert recorded == set(first_run)
    for student in first_run:
        assert (odd_class / "feedback" / student / "tiny" / "tiny.html").is_file()
        notebook = odd_class / "autograded" / student / "tiny" / "tiny.ipynb"
        nbformat.validate(nbformat.read(notebook, as_version=4))


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can enter, other than pytest's own."""
    with tempfile.TemporaryDirectory(prefix="hw-open-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_what_cannot_be_read_without_rights_is_named_and_the_others_are_graded(
    open_folder: Path,
) -> None:
    before = as_grader("a user", open_folder)
    if before is None:
        pytest.skip("only root can become another user")
    root = open_folder / "course"
    tiny = make_tiny(root)
    closed = ("folder", "slug", "notebook", "beside", "inner", "timestamp")
    for student in ("plain", *closed):
        folder = hand_in(root, student, solved(tiny), "2027-02-01 12:00:00 UTC")
        (folder / "data").mkdir()
        (folder / "data" / "one.csv").write_text("1")
    for path in (open_folder, *open_folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    submitted = root / "submitted"
    for path in (
        submitted / "folder",
        submitted / "slug" / "tiny",
        submitted / "notebook" / "tiny" / "tiny.ipynb",
        submitted / "beside" / "tiny" / "data" / "one.csv",
        submitted / "inner" / "tiny" / "data",
        submitted / "timestamp" / "tiny" / "timestamp.txt",
    ):
        path.chmod(0)
    environment = {"HOME": str(open_folder), "TMPDIR": str(open_folder)}
    results = Grading(root, "tiny", before=before, **environment).results()
    assert sorted(results) == sorted(("plain", *closed))
    assert {student: result["score"] for student, result in results.items()} == {
        **dict.fromkeys(("folder", "slug", "notebook"), 0),
        **dict.fromkeys(("plain", "beside", "inner", "timestamp"), FULL),
    }
    for student in ("folder", "slug", "notebook"):
        assert results[student]["status"] == "rejected"
        (problem,) = results[student]["problems"]
        assert "Permission denied" in problem
    assert "one.csv" in "".join(results["beside"]["problems"])
    assert "data" in "".join(results["inner"]["problems"])


# ---- what student code does to the class ---------------------------------------------------------


@pytest.fixture(scope="module")
def odd_answers() -> Iterator[Results]:
    root = Path(tempfile.mkdtemp(prefix="hw-answers-"))  # as above
    root.chmod(0o755)
    try:
        tiny = make_tiny(root / "course")
        toml = tiny.folder / "assignment.toml"
        limits = "[limits]\nquestion_s = 1\nsubmission_s = 10\nmemory_mb = 1024\n"
        toml.write_text(toml.read_text().partition("[limits]")[0] + limits)
        for one in ANSWERS:
            hand_in(tiny.course.root, one.name, solved(tiny, solution_half=one.source))
        hand_in(tiny.course.root, "right", solved(tiny))
        yield Grading(tiny.course.root, "tiny", "--jobs", "2", TMPDIR=str(root)).results()
    finally:
        remove_deep(root)


@pytest.mark.parametrize("one", ANSWERS, ids=lambda one: one.name)
def test_an_odd_answer_costs_its_own_question_and_nothing_else(
    one: OddAnswer, odd_answers: Results
) -> None:
    result = odd_answers[one.name]
    assert points(result) == {"double": 3, "double-negative": 1, "half": 0, "why": 0}
    waits = one.name in (
        "returns-a-loop",
        "returns-a-deep-list",
        "returns-a-huge-number",
        "returns-two-million-numbers",
        "returns-one-list-two-thousand-times",
    )
    decided = ("failed", "error", "timeout", "crashed", "missing")
    assert statuses(result)["half"] in (("manual",) if waits else decided)
    for question in result["questions"]:
        assert len(question["message"]) < 1500
        assert question["message"] == question["message"].encode().decode()
    assert result["seconds"] < 60


def test_a_class_of_odd_answers_comes_out_once_each(odd_answers: Results) -> None:
    assert sorted(odd_answers) == sorted([*(one.name for one in ANSWERS), "right"])
    assert odd_answers["right"]["score"] == FULL


DOUBLE = "def double(x):\n    return x + x\n"


def test_pip_and_the_network_fail_at_once_and_the_rest_is_graded(tmp_path: Path) -> None:
    tiny = make_tiny(tmp_path)
    cells = {
        "pip": f"%pip install -q numba\n\n{DOUBLE}",
        "pip-by-shell": f"!pip install -q numba\n\n{DOUBLE}",
        "pip-needed": f"%pip install -q numba\nimport numba\n\n{DOUBLE}",
        "web": "import urllib.request\ntry:\n    urllib.request.urlopen('http://example.org')\n"
        f"except OSError:\n    pass\n\n{DOUBLE}",
        "conda": f"!conda install -y numba\n!wget -q http://example.org/x\n\n{DOUBLE}",
    }
    for student, source in cells.items():
        hand_in(tmp_path, student, solved(tiny, solution_double=source))
    results = Grading(tmp_path, "tiny").results()
    assert results.pop("pip-needed")["score"] == 4.0
    for student, result in results.items():
        assert result["score"] == FULL, student
        assert result["seconds"] < 8, student


@pytest.mark.parametrize("jobs", ["2", "8"])
def test_work_near_the_limit_passes_however_many_are_graded_at_once(
    tmp_path: Path, jobs: str
) -> None:
    tiny = make_tiny(tmp_path)
    burns = (
        "import time\n\ndef half(x):\n    end = time.process_time() + 1.2\n"
        "    while time.process_time() < end:\n        pass\n    return x / 2\n"
    )
    for number in range(8):
        hand_in(tmp_path, f"s{number}", solved(tiny, solution_half=burns))
    results = Grading(tmp_path, "tiny", "--jobs", jobs).results()
    assert {result["score"] for result in results.values()} == {FULL}


def test_a_class_that_is_graded_twice_at_once_has_the_grades_of_one_run(
    open_folder: Path,
) -> None:
    root = open_folder / "course"
    tiny = make_tiny(root)
    sleeps = f"import time\ntime.sleep(1.2)\n\n{DOUBLE}"
    for number in range(16):
        answers = {"solution_double": sleeps} if number % 4 == 0 else {}
        hand_in(root, f"s{number:02}", solved(tiny, **answers))
    runs = []
    for name in ("one", "two"):
        (open_folder / name).mkdir()
        options = ("--output", str(root / f"graded-{name}"))
        runs.append(Grading(root, "tiny", *options, TMPDIR=str(open_folder / name)))
    expected = {**dict.fromkeys(("double", "double-negative", "half"), "passed"), "why": "manual"}
    for run in runs:
        results = run.results()
        assert len(results) == 16
        odd = {name: found for name, one in results.items() if (found := statuses(one)) != expected}
        assert odd == {}


@pytest.mark.parametrize(
    ("place", "mode"),
    [("course/tmp", 0o755), ("private", 0o700), ("away", 0o755)],
)
def test_a_folder_for_temporary_files_that_does_not_serve_is_no_students_fault(
    open_folder: Path, place: str, mode: int
) -> None:
    root = open_folder / "course"
    tiny = make_tiny(root)
    folder = hand_in(root, "ada", solved(tiny, solution_double="from helper import double"))
    (folder / "helper.py").write_text(DOUBLE)
    if place != "away":
        (open_folder / place).mkdir(mode=mode)
    grading = Grading(root, "tiny", TMPDIR=str(open_folder / place))
    if grading.ended[0]:
        assert "TMPDIR" in grading.complaint or str(open_folder / place) in grading.complaint
    else:
        assert grading.results()["ada"]["score"] == FULL


# ---- the course ----------------------------------------------------------------------------------


def test_a_test_that_ends_in_a_number_gives_that_many_points(tmp_path: Path) -> None:
    ending = "assert math.isclose(half(3), 1.5)"
    tiny = make_tiny(tmp_path, NOTEBOOK.replace(ending, f"{ending}\n1"))
    hand_in(tmp_path, "ada", solved(tiny))
    for engine in ("isolated", "nbgrader"):
        result = Grading(tmp_path, "tiny", "--engine", engine).results()["ada"]
        assert points(result)["half"] == 1, engine


@pytest.mark.parametrize("engine", ["isolated", "nbgrader"])
def test_plain_asserts_hold_where_python_is_told_to_leave_them_out(
    tmp_path: Path, engine: str
) -> None:
    tiny = make_tiny(tmp_path)
    hand_in(tmp_path, "wrong", solved(tiny, solution_half="def half(x):\n    return x\n"))
    hand_in(tmp_path, "right", solved(tiny))
    results = Grading(tmp_path, "tiny", "--engine", engine, PYTHONOPTIMIZE="1").results()
    assert points(results["wrong"])["half"] == 0
    assert results["right"]["score"] == FULL


@pytest.mark.parametrize(
    "name",
    ["a?b=c", "a%20b", "a b#c", "ä'\"&;", "a:b@c", "$HOME"],
)
def test_a_course_may_lie_in_any_folder(tmp_path: Path, name: str) -> None:
    root = tmp_path / name / "course"
    tiny = make_tiny(root)
    hand_in(root, "ada", solved(tiny))
    assert Grading(root, "tiny").results()["ada"]["score"] == FULL
    assert (root / "gradebook.db").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]
    assert sorted(path.name for path in (tmp_path / name).iterdir()) == ["course"]


def _locked(path: Path) -> contextlib.AbstractContextManager[object]:
    connection = sqlite3.connect(path)
    connection.execute("BEGIN EXCLUSIVE")
    return contextlib.closing(connection)


def _as_text(path: Path) -> contextlib.AbstractContextManager[object]:
    path.write_text("student;points\nada;8\n" * 100)
    return contextlib.nullcontext()


def _as_folder(path: Path) -> contextlib.AbstractContextManager[object]:
    path.unlink()
    path.mkdir()
    return contextlib.nullcontext()


def _older(path: Path) -> contextlib.AbstractContextManager[object]:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '50a4d84c131a'")
    return contextlib.nullcontext()


def _very_old(path: Path) -> contextlib.AbstractContextManager[object]:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE alembic_version")
        connection.execute("DROP TABLE base_cell")
    return contextlib.nullcontext()


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that was graded once."""
    root = tmp_path_factory.mktemp("graded")
    tiny = make_tiny(root)
    hand_in(root, "ada", solved(tiny))
    Grading(root, "tiny").results()
    return root


@pytest.mark.parametrize("engine", ["isolated", "nbgrader"])
@pytest.mark.parametrize(
    "damage", [_locked, _as_text, _as_folder, _older, _very_old], ids=lambda damage: damage.__name__
)
def test_a_gradebook_that_cannot_be_used_is_one_line(
    graded: Path,
    tmp_path: Path,
    damage: Callable[[Path], contextlib.AbstractContextManager[object]],
    engine: str,
) -> None:
    database = tmp_path / "gradebook.db"
    shutil.copy(graded / "gradebook.db", database)
    with damage(database):
        options = ("--engine", engine, "--output", str(tmp_path))
        assert "gradebook" in Grading(graded, "tiny", *options).complaint


@pytest.mark.parametrize(
    "seeds", [b"", b"\n", b"x\n", b"\xff\0", b"9" * 10_000], ids=lambda seeds: ascii(seeds[:5])
)
def test_an_odd_file_of_seeds_stops_nothing(graded: Path, tmp_path: Path, seeds: bytes) -> None:
    shutil.copytree(graded, tmp_path / "copy")
    (file,) = (tmp_path / "copy" / ".hw").rglob("seeds")
    file.write_bytes(seeds)
    assert Grading(tmp_path / "copy", "tiny").results()["ada"]["score"] == FULL


@pytest.mark.parametrize("content", ["", "{", "null", "[]", '{"digest": 5}'])
def test_an_odd_kept_result_is_graded_again(graded: Path, tmp_path: Path, content: str) -> None:
    shutil.copytree(graded, tmp_path / "copy")
    (file,) = (tmp_path / "copy" / ".hw").rglob("ada.json")
    file.write_text(content)
    result = Grading(tmp_path / "copy", "tiny").results()["ada"]
    assert (result["score"], result["cached"]) == (FULL, False)


# ---- what tests may do ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def operations(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    assignment = make_operations(tmp_path_factory.mktemp("operations"))
    folder = assignment.course.root / "submitted" / "ada" / SLUG
    folder.mkdir(parents=True)
    nbformat.write(reference_notebook(assignment), folder / f"{SLUG}.ipynb")
    return assignment


@pytest.fixture(scope="module")
def operated(operations: Assignment) -> dict[str, dict[str, dict[str, Any]]]:
    """Engine → question → what the JSON says of it."""
    root = operations.course.root
    runs = {
        engine: Grading(root, SLUG, "--engine", engine, "--output", str(root / engine))
        for engine in ("isolated", "nbgrader")
    }
    return {
        engine: {question["id"]: question for question in run.results()["ada"]["questions"]}
        for engine, run in runs.items()
    }


@pytest.mark.parametrize("engine", ["isolated", "nbgrader"])
@pytest.mark.parametrize(
    "number",
    [pytest.param(number, id=one.name.replace(" ", "-")) for number, one in enumerate(OPERATIONS)],
)
def test_a_test_may_do_what_it_may_do_in_a_kernel(
    operated: dict[str, dict[str, dict[str, Any]]],
    engine: str,
    number: int,
) -> None:
    one: Operation = OPERATIONS[number]
    question = operated[engine][f"defined-{number}"]
    is_left = engine == "isolated" and one.name in LEFT_TO_HUMANS
    expected = ("manual", 0) if is_left else ("passed", 1)
    assert (question["status"], question["points"]) == expected, question["message"]
