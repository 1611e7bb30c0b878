"""The autograder zip for Gradescope: what is in it, what it grades, what students read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest
from courses import TINY_TOML, make_tiny, released, solved
from hypothesis import given
from hypothesis import strategies as st
from nbformat import NotebookNode
from needs import linux

from hwlib.commands import run
from hwlib.errors import AuthoringError, CourseError
from hwlib.grading import Assignment, find_course
from hwlib.grading.answer_key import load_key
from hwlib.grading.course import FeedbackLevel, FeedbackLevels
from hwlib.grading.engines.isolated import IsolatedEngine
from hwlib.grading.outlets import gradescope_run
from hwlib.grading.outlets.gradescope_results import Asked, HandIn, results_json
from hwlib.grading.outlets.gradescope_view import complaints, student_view
from hwlib.grading.outlets.gradescope_zip import write_gradescope_zip
from hwlib.grading.results import PartResult, QuestionResult

SECRETS = ("hidden-secret-4242", "21", "BEGIN HIDDEN")


@pytest.fixture
def tiny(tmp_path: Path) -> Assignment:
    return make_tiny(tmp_path / "course")


def graded(
    assignment: Assignment, base: Path, notebook: NotebookNode | str, metadata: Any = None
) -> dict[str, Any]:
    """What `run_autograder` writes for one notebook, with /autograder at `base`."""
    (base / "submission").mkdir(parents=True, exist_ok=True)
    text = notebook if isinstance(notebook, str) else nbformat.writes(notebook)
    (base / "submission" / f"{assignment.slug}.ipynb").write_text(text, encoding="utf-8")
    if metadata is not None:
        (base / "submission_metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    gradescope_run.run(base, assignment)
    results: dict[str, Any] = json.loads((base / "results" / "results.json").read_text("utf-8"))
    assert complaints(results) == []
    return results


def scores(results: dict[str, Any]) -> list[float]:
    return [test["score"] for test in results["tests"]]


# ---- what it grades ------------------------------------------------------------------------------


@linux
@pytest.mark.parametrize(
    ("code", "expected", "word"),
    [
        ("def half(x):\n    return x / 2\n", [3, 1, 4], "All checks passed"),
        ("def half(x):\n    return x\n", [3, 1, 0], "check"),
        ("def half(x):\n    raise KeyError(x)\n", [3, 1, 0], "raised KeyError"),
        ("def half(x):\n    while True:\n        pass\n", [3, 1, 0], "within 3 s"),
        ("import os\ndef half(x):\n    os._exit(0)\n", [3, 1, 0], "exit code 0"),
        ("import os\ndef half(x):\n    os.kill(os.getppid(), 9)\n", [3, 1, 0], ""),
        ("def half(x):\n    return bytearray(10**11)\n", [3, 1, 0], ""),
    ],
)
def test_a_question_that_goes_wrong_keeps_what_the_others_earned(
    tiny: Assignment, tmp_path: Path, code: str, expected: list[float], word: str
) -> None:
    results = graded(tiny, tmp_path / "autograder", solved(tiny, solution_half=code))
    assert scores(results) == expected
    assert results["score"] == sum(expected)
    assert word in results["tests"][2]["output"]


@linux
def test_no_hidden_test_is_in_what_students_read(tiny: Assignment, tmp_path: Path) -> None:
    wrong = solved(tiny, solution_double="def double(x):\n    return 4 if x == 2 else -2\n")
    results = graded(tiny, tmp_path / "autograder", wrong)
    assert scores(results) == [0, 1, 4]
    assert not [word for word in SECRETS if word in json.dumps(results)]


@linux
@pytest.mark.parametrize("content", ["", "{", "[]", '{"cells": 3}', "{" * 10_000])
def test_what_is_no_notebook_gets_a_reason_and_no_crash(
    tiny: Assignment, tmp_path: Path, content: str
) -> None:
    results = graded(tiny, tmp_path / "autograder", content)
    assert scores(results) == [0, 0, 0]
    assert "could not be read" in results["output"]


@linux
def test_a_judge_that_is_killed_costs_nothing_that_was_earned(
    tiny: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = IsolatedEngine.grade

    def grade_and_die(engine: IsolatedEngine, *arguments: Any) -> Any:
        tell = engine.on_question

        def on_question(question: QuestionResult) -> None:
            tell(question)
            if question.id == "double":
                os.kill(os.getpid(), signal.SIGKILL)

        engine.on_question = on_question
        return real(engine, *arguments)

    monkeypatch.setattr(IsolatedEngine, "grade", grade_and_die)
    results = graded(tiny, tmp_path / "autograder", solved(tiny))
    assert scores(results) == [3, 0, 0]
    assert "a human will grade it" in results["tests"][1]["output"]
    assert "status" not in results["tests"][1]


@linux
def test_parts_that_were_earned_are_kept_where_grading_ends_in_their_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third part hangs, so the others are tried again without it: there, grading ends."""
    parts = """\
import hwlib.checks as check
with check.part(1, "small"):
    assert math.isclose(half(3), 1.5)
with check.part(1, "negative"):
    assert math.isclose(half(-3), -1.5)
with check.part(2, "large"):
    assert math.isclose(half(300), 150)
"""
    notebook = make_tiny(tmp_path / "a").notebook.read_text("utf-8")
    notebook = notebook.replace("assert math.isclose(half(3), 1.5)\n", parts)
    assignment = make_tiny(tmp_path / "b", notebook)
    real, pid = IsolatedEngine.grade, os.getpid()

    def grade_and_die(engine: IsolatedEngine, *arguments: Any) -> Any:
        tell = engine.on_question

        def on_question(question: QuestionResult) -> None:
            tell(question)
            if question.id == "half" and os.getpid() != pid:
                os.kill(os.getpid(), signal.SIGKILL)

        engine.on_question = on_question
        return real(engine, *arguments)

    monkeypatch.setattr(IsolatedEngine, "grade", grade_and_die)
    hanging = "def half(x):\n    while x > 100:\n        pass\n    return abs(x) / 2\n"
    results = graded(assignment, tmp_path / "autograder", solved(assignment, solution_half=hanging))
    assert scores(results) == [3, 1, 1, 0, 0]
    assert [test.get("status") for test in results["tests"][2:]] == ["passed", None, None]
    assert all("a human will grade it" in test["output"] for test in results["tests"][3:])


@linux
def test_results_are_there_before_anything_is_graded(
    tiny: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def look(board: gradescope_run._Board, *_: Any) -> str:
        seen.append(json.loads(board.target.read_text("utf-8")))
        return ""

    monkeypatch.setattr(gradescope_run, "_try_once", look)
    graded(tiny, tmp_path / "autograder", solved(tiny))
    assert complaints(seen[0]) == []
    assert seen[0]["score"] == 0
    assert "not graded yet" in seen[0]["tests"][0]["output"]


@linux
def test_the_time_limit_leaves_the_rest_to_a_human(tmp_path: Path) -> None:
    assignment = make_tiny(tmp_path / "course")
    path = assignment.folder / "assignment.toml"
    path.write_text(TINY_TOML + "\n[gradescope]\nminutes = 0.5\n", encoding="utf-8")  # 30 s: spare
    assignment = find_course(tmp_path / "course").assignment("tiny")
    results = graded(assignment, tmp_path / "autograder", solved(assignment))
    assert scores(results) == [0, 0, 0]
    assert "time that Gradescope gives was used up" in results["tests"][0]["output"]


@linux
def test_a_test_that_the_reference_fails_here_is_nobodys_zero(tmp_path: Path) -> None:
    notebook = make_tiny(tmp_path / "a").notebook.read_text("utf-8")
    notebook = notebook.replace("math.isclose(half(3), 1.5)", "math.isclose(half(3), 1.25)")
    assignment = make_tiny(tmp_path / "b", notebook)
    results = graded(assignment, tmp_path / "autograder", solved(assignment))
    assert scores(results) == [3, 1, 0]
    assert "human" in results["tests"][2]["output"]
    assert "status" not in results["tests"][2]


@linux
def test_student_code_reaches_neither_the_tests_nor_the_results(
    tiny: Assignment, tmp_path: Path
) -> None:
    base = tmp_path / "autograder"
    spy = (
        "import pathlib\nfound = []\n"
        f"for path in [{str(tiny.source)!r}, {str(base / 'submission_metadata.json')!r}]:\n"
        "    try:\n        found.append(pathlib.Path(path).read_text())\n"
        "    except OSError:\n        pass\n"
        f"try:\n    pathlib.Path({str(base / 'results/results.json')!r}).write_text('9')\n"
        "    found.append('wrote')\nexcept OSError:\n    pass\n"
        "def half(x):\n    assert not found, found\n    return x / 2\n"
    )
    results = graded(tiny, base, solved(tiny, solution_half=spy), {"users": []})
    assert scores(results) == [3, 1, 4]  # nothing was found
    for name in ("results", "submission"):
        assert (base / name).stat().st_mode & 0o077 == 0


# ---- what students read --------------------------------------------------------------------------

ASKED = [
    Asked("a", "First", 3, False, "visible"),
    Asked("b", "Second", 4, False, "after_due_date"),
    Asked("c", "In words", 2, True, "visible"),
]


def shown(graded: dict[str, QuestionResult], **more: Any) -> dict[str, Any]:
    return results_json(ASKED, graded, waiting="not yet", **more)


def test_how_much_is_hidden_is_said_in_words() -> None:
    results = shown({})
    assert "The results of 1 question (4 points) appear after the due date." in results["output"]
    assert "does not show your total score" in results["output"]
    assert "1 question is graded by a human, for 2 points." in results["output"]
    assert "Score: –" in student_view(results, after_due_date=False)
    assert "Second" not in student_view(results, after_due_date=False)
    assert "Score: 0 / 7" in student_view(results, after_due_date=True)


def test_parts_become_tests_of_their_own() -> None:
    parts = (PartResult("shape", 1, 1, "passed"), PartResult("values", 0, 2, "failed", "too big"))
    results = shown({"a": QuestionResult("a", "First", 1, 3, "failed", parts=parts)})
    assert [test["number"] for test in results["tests"]] == ["1.1", "1.2", "2"]
    assert results["score"] == 1
    assert results["tests"][1]["output"] == "too big"


@pytest.mark.parametrize(
    ("now", "deadline", "due", "read"),
    [
        ("hint", "hint", "9999", [True, True]),
        ("category", "hint", "9999", [False, True]),  # b is shown after the due date
        ("category", "hint", "2000", [True, True]),
        ("category", "category", "2000", [False, False]),
        ("category", "hint", "", [False, True]),
    ],
)
def test_students_read_as_much_as_the_course_says(
    now: FeedbackLevel, deadline: FeedbackLevel, due: str, read: list[bool]
) -> None:
    parts = (
        PartResult("one", 1, 1, "passed"),
        PartResult("two", 0, 2, "failed", "too big", "Halve"),
    )
    results = shown(
        {
            "a": QuestionResult("a", "First", 1, 3, "failed", "too big", "Halve", parts=parts),
            "b": QuestionResult("b", "Second", 0, 4, "error", "too big", "Halve"),
        },
        hand_in=HandIn.from_metadata({"assignment": {"due_date": f"{due}-01-01T00:00:00+00:00"}}),
        feedback=FeedbackLevels(now, deadline),
    )
    assert results["score"] == 1
    told = [test["output"] for test in results["tests"][1:]]
    assert ["too big" in text and "Halve" in text for text in told] == read
    expected = ["A check did not pass.", "Your code raised an error."]
    assert [text in told for text in expected] == [not one for one in read]


texts = st.text(max_size=30)
questions = st.builds(
    QuestionResult,
    st.sampled_from(["a", "b"]),
    texts,
    st.floats(0, 3),
    st.floats(3, 9),
    st.sampled_from(["passed", "failed", "error", "timeout", "crashed", "missing", "manual"]),
    texts,
    texts,
)


@given(st.lists(questions, max_size=2), st.lists(texts, max_size=3), texts)
def test_whatever_was_graded_makes_a_valid_file(
    found: list[QuestionResult], problems: list[str], notice: str
) -> None:
    results = shown({one.id: one for one in found}, problems=problems, notice=notice)
    assert complaints(json.loads(json.dumps(results, allow_nan=False))) == []
    written = [results["output"], *(test["output"] for test in results["tests"])]
    assert all(char == "\n" or char.isprintable() for text in written for char in text)
    assert abs(results["score"] - sum(test["score"] for test in results["tests"])) < 1e-5


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"visibility": "after_due"}, "visibility"),
        ({"output_format": "html"}, "output_format"),
        ({"stdout_visibility": "visible"}, "stdout_visibility"),
        ({"tests": [{"name": "a", "score": "3", "max_score": 3}]}, "tests/0/score"),
        ({"tests": [{"name": "a", "score": 4, "max_score": 3}]}, "a"),
        ({"score": None}, "score"),
    ],
)
def test_the_schema_finds_what_gradescope_would_refuse(change: dict[str, Any], where: str) -> None:
    assert [line.split(":")[0] for line in complaints({**shown({}), **change})] == [where]


DUE = {"due_date": "2027-02-08T10:00:00.000000-07:00"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (None, HandIn()),
        ([], HandIn()),
        ({"previous_submissions": [{}, {}]}, HandIn(3)),
        ({"created_at": "2027-02-08T09:59:00-07:00", "assignment": DUE}, HandIn()),
        (
            {"created_at": "2027-02-08T17:30:00+00:00", "assignment": DUE},
            HandIn(1, timedelta(minutes=30)),
        ),
        (  # an extension of one member of a group
            {
                "created_at": "2027-02-09T10:00:00-07:00",
                "assignment": DUE,
                "users": [{"assignment": {"due_date": "2027-02-10T10:00:00-07:00"}}, 3],
            },
            HandIn(),
        ),
        ({"created_at": 3, "assignment": {"due_date": "soon"}, "users": 5}, HandIn()),
    ],
)
def test_late_and_repeated_submissions_are_read_from_gradescopes_data(
    values: Any, expected: HandIn
) -> None:
    assert HandIn.from_metadata(values) == expected


def test_a_late_submission_is_told_how_late() -> None:
    said = shown({}, hand_in=HandIn(3, timedelta(hours=26, minutes=1)))["output"]
    assert "This is your submission number 3." in said
    assert "came 1 day 2 hours 1 minute after the due date" in said


@pytest.mark.parametrize(
    ("due", "late_due", "said"),
    [
        (None, None, "appear after the due date"),
        (1, None, "appear after the due date"),
        (1, 2, "appear after the due date"),
        (-1, None, ""),
        (-2, -1, ""),
        (-1, 1, "appear after the late due date"),
    ],
)
def test_what_is_shown_already_is_not_called_hidden(
    due: int | None, late_due: int | None, said: str
) -> None:
    now = datetime.now(UTC)
    dates = {
        key: None if days is None else (now + timedelta(days=days)).isoformat()
        for key, days in (("due_date", due), ("late_due_date", late_due))
    }
    hand_in = HandIn.from_metadata({"created_at": now.isoformat(), "assignment": dates})
    output = shown({}, hand_in=hand_in)["output"]
    assert ("This submission came" in output) is (due is not None and due < 0)
    assert ("appear" in output, "does not show your total" in output) == (bool(said), bool(said))
    assert said in output
    published = [Asked("d", "Third", 2, False, "after_published")]
    other = results_json(published, {}, waiting="not yet", hand_in=hand_in)["output"]
    assert "appear when your instructor publishes the grades" in other


# ---- the zip -------------------------------------------------------------------------------------


def test_the_same_assignment_gives_the_same_bytes_with_nothing_superfluous(
    tiny: Assignment, tmp_path: Path
) -> None:
    (tiny.folder / "wrong").mkdir(exist_ok=True)
    (tiny.folder / "wrong" / "twice.py").write_text("x = 1\n", encoding="utf-8")
    paths = [tmp_path / "one.zip", tmp_path / "two.zip"]
    for path in paths:
        write_gradescope_zip(tiny, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with zipfile.ZipFile(paths[0]) as archive:
        names = set(archive.namelist())
        modes = {one.filename: one.external_attr >> 16 & 0o777 for one in archive.infolist()}
        requirements = archive.read("requirements.txt").decode().split()
    assert {name for name in names if not name.startswith("wheels/")} == {
        "setup.sh",
        "run_autograder",
        "requirements.txt",
        "course/course.toml",
        "course/assignments/tiny/assignment.toml",
        "course/source/tiny/tiny.ipynb",
        "course/release/tiny/tiny.ipynb",
    }
    assert modes["setup.sh"] == modes["run_autograder"] == 0o755
    named = {line.partition("==")[0] for line in requirements}
    assert {"numpy", "ipython", "nbformat"} <= named
    assert not named & {"torch", "torchvision", "nbgrader", "jupyterlab", "hwlib"}


def test_torch_is_in_the_zip_of_an_assignment_that_needs_it() -> None:
    pytest.importorskip("torch", reason="torch is not installed; run: pip install 'hwlib[torch]'")
    from hwlib.grading.outlets.pinned import pinned_requirements

    course = find_course(Path(__file__).parents[1])
    needing = {
        one.slug
        for one in course.assignments()
        if any(line.startswith("torch==") for line in pinned_requirements(one, load_key(one)))
    }
    assert {one.slug for one in course.assignments() if "torch" in one.extras} <= needing
    assert "knn" not in needing


def test_packages_that_do_not_go_together_are_named_before_gradescope_meets_them(
    tiny: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "lib" / "oldfriend-1.0.dist-info" / "METADATA"
    told.parent.mkdir(parents=True)
    told.write_text(
        "Metadata-Version: 2.1\nName: oldfriend\nVersion: 1.0\nRequires-Dist: numpy<1.20\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    toml = tiny.folder / "assignment.toml"
    toml.write_text(
        toml.read_text(encoding="utf-8") + '[gradescope]\npackages = ["oldfriend"]\n',
        encoding="utf-8",
    )
    again = find_course(tiny.course.root).assignment("tiny")
    with pytest.raises(CourseError, match=r'oldfriend 1\.0 needs numpy<1\.20.*"numpy<1\.20"'):
        write_gradescope_zip(again, tmp_path / "tiny.zip")
    assert not (tmp_path / "tiny.zip").exists()


def test_the_image_gets_the_test_images_that_networks_are_measured_on(tmp_path: Path) -> None:
    assignment = find_course(Path(__file__).parents[1]).assignment("mnist_cnn")
    write_gradescope_zip(assignment, tmp_path / "mnist.zip")
    with zipfile.ZipFile(tmp_path / "mnist.zip") as archive:
        assert archive.read("data.txt") == b"mnist\n"


def test_a_zip_for_no_network_needs_these_images_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HWLIB_CACHE", str(tmp_path / "empty"))
    monkeypatch.delenv("HWLIB_DATA", raising=False)
    assignment = find_course(Path(__file__).parents[1]).assignment("mnist_cnn")
    with pytest.raises(CourseError, match=r"MNIST is not on this machine.* `hw data fetch mnist`"):
        write_gradescope_zip(assignment, tmp_path / "mnist.zip", wheels=True)


def test_the_wheel_in_the_zip_can_be_installed(tiny: Assignment, tmp_path: Path) -> None:
    write_gradescope_zip(tiny, tmp_path / "tiny.zip")
    with zipfile.ZipFile(tmp_path / "tiny.zip") as archive:
        archive.extractall(tmp_path / "zip")
    (wheel,) = (tmp_path / "zip/wheels").glob("hwlib-*.whl")
    (pip,) = (tmp_path / "zip/wheels").glob("pip-*.whl")
    command = [sys.executable, str(pip / "pip"), "install", "--no-deps", "--no-index", "--quiet"]
    subprocess.run([*command, "--target", str(tmp_path / "lib"), str(wheel)], check=True)
    assert (tmp_path / "lib/hwlib/grading/templates/gradescope/setup.sh").is_file()


def test_a_zip_of_an_assignment_that_is_not_built_is_refused(
    tiny: Assignment, tmp_path: Path
) -> None:
    tiny.source.unlink()
    with pytest.raises(CourseError, match="run `hw build tiny` first"):
        write_gradescope_zip(tiny, tmp_path / "tiny.zip")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('hidden_tests = "never"', "tiny/assignment.toml:10: hidden_tests: unknown visibility"),
        ("minutes = 0", "minutes must be positive"),
        ("colour = 3", "unknown key 'colour'"),
    ],
)
def test_a_wrong_setting_for_gradescope_has_its_line(
    tmp_path: Path, line: str, complaint: str
) -> None:
    assignment = make_tiny(tmp_path)
    path = assignment.folder / "assignment.toml"
    path.write_text(f"{TINY_TOML}\n[gradescope]\n{line}\n", encoding="utf-8")
    with pytest.raises(AuthoringError, match=r"assignment\.toml") as caught:
        find_course(tmp_path).assignment("tiny")
    assert complaint in str(caught.value)


@pytest.mark.parametrize("package", ['"git+https://x/y"', '"-r foo"', "1"])
def test_what_is_no_package_is_named(tmp_path: Path, package: str) -> None:
    path = make_tiny(tmp_path).folder / "assignment.toml"
    path.write_text(f"{TINY_TOML}\n[gradescope]\npackages = [{package}]\n", encoding="utf-8")
    with pytest.raises(CourseError, match=r"packages: expected the name of a package"):
        write_gradescope_zip(find_course(tmp_path).assignment("tiny"), tmp_path / "tiny.zip")


@pytest.mark.parametrize(
    ("setting", "line", "complaint"),
    [
        ("minutes = 0.4", "", "expected 1 to 40"),
        ("minutes = 90", "", "expected 1 to 40"),
        ("minutes = 10", "# changed\n", "out of date; run `hw build tiny` first"),
    ],
)
def test_no_zip_is_made_of_what_cannot_be_meant(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    setting: str,
    line: str,
    complaint: str,
) -> None:
    tiny = make_tiny(tmp_path)
    path = tiny.folder / "assignment.toml"
    path.write_text(f"{TINY_TOML}\n[gradescope]\n{setting}\n", encoding="utf-8")
    text = tiny.notebook.read_text("utf-8")
    changed = text.replace("### BEGIN HIDDEN TESTS\n", f"### BEGIN HIDDEN TESTS\n{line}")
    assert not line or changed != text
    tiny.notebook.write_text(changed, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for more in ([], ["--otter"]):
        assert run(["gradescope", "tiny", *more]) == 2
        assert complaint in capsys.readouterr().err
    assert not list(tmp_path.glob("*.zip"))


def test_a_test_of_another_zip_may_lack_everything() -> None:
    results = {"tests": [{"output": "fine"}, {"name": "one", "score": 1.0}], "score": 1}
    assert student_view(results, after_due_date=True).splitlines()[2:] == [
        "a test",
        "    fine",
        "",
        "one  1",
    ]


def test_a_released_notebook_gets_no_points_and_says_so(tiny: Assignment, tmp_path: Path) -> None:
    results = graded(tiny, tmp_path / "autograder", released(tiny))
    assert scores(results) == [0, 0, 0]
    assert all("Not written yet" in test["output"] for test in results["tests"])
