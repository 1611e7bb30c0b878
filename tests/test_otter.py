"""otter-grader on the same test cells: its zip, and the engine that runs it."""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import needs
import pytest
from busy import busy_core
from courses import TINY, TINY_TOML, hand_in, make_assignment, make_tiny, released, solved

from hwlib.commands import run
from hwlib.errors import MissingExtra
from hwlib.grading import Assignment, GradeOptions, grade_assignment
from hwlib.grading.answer_key import KeyCell, load_key
from hwlib.grading.engines import otter_zip
from hwlib.grading.engines.otter_zip import otter_notes, otter_tests
from hwlib.grading.outlets.otter_zip import write_otter_zip

PARTIAL = """
# %% test="half-share" points=4
share = 0.25 if half(3) == 1.5 else 0.0
4 * share
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Assignment:
    return make_tiny(tmp_path / "course")


def names_in(text: str) -> dict[str, Any]:
    """What a test file defines, run with the installed otter."""
    names: dict[str, Any] = {}
    exec(compile(text, "test", "exec"), names)
    return names


# ---- test files ----------------------------------------------------------------------------------


def test_points_hidden_flags_and_order_are_those_of_the_notebook(tiny: Assignment) -> None:
    needs.module("otter")
    found = [names_in(text) for text in otter_tests(load_key(tiny)).values()]
    assert [one["name"] for one in found] == ["q01_double", "q02_double_negative", "q03_half"]
    cases = [
        [value for value in one.values() if type(value).__name__ == "test_case"] for one in found
    ]
    assert [[(case.points, case.hidden) for case in one] for one in cases] == [
        [(0, False), (3.0, True)],
        [(1.0, False)],
        [(4.0, False)],
    ]


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("assert f(1)", [False]),
        ("assert f(1)\n### BEGIN HIDDEN TESTS\nassert f(2)\n### END HIDDEN TESTS", [False, True]),
        ("### BEGIN HIDDEN TESTS\nassert f(2)\n### END HIDDEN TESTS\nassert f(1)", [True, False]),
        # the hidden part belongs to a statement, so the cell is run whole, and is hidden
        (
            "for x in (1, 2):\n    a = x\n    ### BEGIN HIDDEN TESTS\n    assert f(x)\n"
            "    ### END HIDDEN TESTS\n    b = a",
            [True],
        ),
        ("%matplotlib inline\nassert f(1)", []),
    ],
)
def test_a_cell_is_cut_at_the_marks_of_hidden_tests(source: str, parts: list[bool]) -> None:
    cell = KeyCell("test", "q", "test-q", "code", source, points=1)
    assert [part.hidden for part in otter_zip._parts(cell)] == parts
    for part in otter_zip._parts(cell):
        assert ast.parse(part.source).body


def test_what_otter_cannot_do_is_said_with_the_question(tmp_path: Path) -> None:
    tiny = make_tiny(tmp_path, TINY.replace("assert math.isclose(half(3), 1.5)", "%time half(3)"))
    assert otter_notes(tiny, load_key(tiny)) == [
        "half: left out, because the cell is not plain Python (otter has no magics)",
        "double: shown after the grades are published, not after the due date (otter knows only "
        "one of these)",
    ]


# ---- the zip -------------------------------------------------------------------------------------


@needs.installed("otter")
def test_the_zip_is_what_otter_makes_and_twice_the_same(tiny: Assignment, tmp_path: Path) -> None:
    one, two = (write_otter_zip(tiny, tmp_path / f"{n}.zip") for n in (1, 2))
    assert one.path.read_bytes() == two.path.read_bytes()
    assert (one.points, one.manual_points, one.isolation) == (8, 2, "T0")
    with zipfile.ZipFile(io.BytesIO(one.path.read_bytes())) as archive:
        names = set(archive.namelist())
        config = json.loads(archive.read("otter_config.json"))
        environment = archive.read("environment.yml").decode()
    assert {"setup.sh", "run_autograder", "run_otter.py", "tests/q01_double.py"} <= names
    assert not any("source" in name or name.endswith(".ipynb") for name in names)
    assert config["show_hidden"] is True
    assert "otter-grader[grading,plugins]==" in environment
    assert "/autograder/source/files/hwlib-" in environment


@needs.installed("otter")
def test_the_command_says_that_student_code_is_not_isolated(
    tiny: Assignment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tiny.course.root)
    assert run(["gradescope", "tiny", "--otter", "-o", "o.zip"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("hw: isolation T0: otter runs student code and tests in one process")
    assert len(lines) == 2


def test_without_otter_the_command_that_installs_it_is_named(
    tiny: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otter_zip, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"run: pip install \"hwlib\[otter\]\""):
        write_otter_zip(tiny, tmp_path / "o.zip")


# ---- the engine ----------------------------------------------------------------------------------


@needs.installed("otter")
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_otter_gives_the_points_of_the_isolated_engine(tmp_path: Path) -> None:
    text = TINY.replace("# %% [markdown]\n# ## 3.", f"{PARTIAL}\n# %% [markdown]\n# ## 3.")
    toml = TINY_TOML.replace("points = 10", "points = 14")
    tiny = make_assignment(tmp_path / "course", "tiny", text, toml)
    wrong = "def double(x):\n    return x * x\n"
    hand_in(tiny, "a-right", solved(tiny))
    hand_in(tiny, "b-blank", released(tiny))
    hand_in(tiny, "c-wrong", solved(tiny, solution_double=wrong))
    hand_in(tiny, "d-raises", solved(tiny, solution_half="def half(x):\n    return x / 0\n"))
    hand_in(tiny, "e-hangs", solved(tiny, solution_half="def half(x):\n    while True: pass\n"))
    hand_in(tiny, "f-no-notebook", "{")
    bare = solved(tiny)
    bare.cells = [cell for cell in bare.cells if cell.cell_type == "code"]
    for cell in bare.cells:
        cell.metadata = {}
    hand_in(tiny, "g-damaged", bare)
    hand_in(tiny, "h-exits", solved(tiny, solution_half="import os\nos._exit(0)\n"))
    root = tiny.course.root
    theirs, ours = (
        {
            one.student: one
            for one in grade_assignment(
                tiny,
                root / "submitted",
                root / engine,
                options=GradeOptions(engine=engine, seed=7),
            ).submissions
        }
        for engine in ("otter", "isolated")
    )
    points = {name: [q.points for q in one.questions] for name, one in theirs.items()}
    # otter's kernel is gone with all that it had found out
    assert points.pop("h-exits") == [0, 0, 0, 0, 0]
    assert {q.status for q in theirs["h-exits"].questions} == {"crashed", "manual"}
    assert points == {
        name: [q.points for q in one.questions] for name, one in ours.items() if name != "h-exits"
    }
    assert points["a-right"] == [3, 1, 4, 1, 0]  # one of the four points for the share
    assert points["e-hangs"] == [3, 1, 0, 0, 0]
    assert theirs["e-hangs"].question("half").status == "timeout"
    assert theirs["f-no-notebook"].status == "rejected"
    said = " ".join(q.message for one in theirs.values() for q in one.questions)
    assert "hidden-secret-4242" not in said
    assert (root / "otter" / "feedback" / "a-right").is_dir()


@needs.installed("otter")
@pytest.mark.slow
def test_the_command_that_grades_with_otter_says_that_results_can_be_forged(
    tiny: Assignment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tiny.course.root / "ada.ipynb"
    path.write_text(nbformat.writes(solved(tiny)), encoding="utf-8")
    monkeypatch.chdir(tiny.course.root)
    command = ["grade", "tiny", "--notebook", str(path), "--engine", "otter", "--json", "-"]
    assert run(command) == 0
    out, err = capsys.readouterr()
    values = json.loads(out)
    assert (values["engine"], values["isolation"]) == ("otter", "T0")
    assert values["submissions"][0]["score"] == 8
    assert {q["trust"] for q in values["submissions"][0]["questions"]} == {"shared"}
    assert "these results can be forged (isolation T0)" in err


@needs.installed("otter")
def test_a_kernel_that_ends_without_fault_of_the_student_is_started_again(
    tiny: Assignment, tmp_path: Path
) -> None:
    """As where its ports are taken by another program: here, a file tells whether it was."""
    mark = tmp_path / "mark"
    ends_once = f"""
import os, pathlib
if not pathlib.Path({str(mark)!r}).exists():
    pathlib.Path({str(mark)!r}).touch()
    os._exit(1)
def half(x):
    return x / 2
"""
    hand_in(tiny, "ada", solved(tiny, solution_half=ends_once))
    root = tiny.course.root
    options = GradeOptions(engine="otter", force=True)
    (ada,) = grade_assignment(tiny, root / "submitted", root, options=options).submissions
    assert mark.exists()
    assert ada.score == 8


@needs.installed("otter")
def test_each_part_of_a_question_is_a_test_with_points_of_its_own(tmp_path: Path) -> None:
    parts = """
# %% test="half-parts" points=4
three = 3
with check.part(1, "whole"):
    assert half(2 * three) == 3
with check.part(2.5, "odd"), check.unchanged(three=three):
    assert half(three) == 1.5
    ### BEGIN HIDDEN TESTS
    assert half(5) == 2.5
    ### END HIDDEN TESTS
### BEGIN HIDDEN TESTS
with check.part(0.5, "none"):
    assert half(0) == 0
### END HIDDEN TESTS
assert half(98) == 49
"""
    (tmp_path / "c").mkdir()
    toml = TINY_TOML.replace("points = 10", "points = 14")
    tiny = make_assignment(tmp_path / "c", "tiny", TINY + parts, toml)
    hand_in(tiny, "right", solved(tiny))
    hand_in(tiny, "floor", solved(tiny, solution_half="def half(x):\n    return x // 2"))
    outside = "def half(x):\n    return x / 2 if x < 98 else 0"
    hand_in(tiny, "outside", solved(tiny, solution_half=outside))
    root = tiny.course.root
    for engine in ("isolated", "otter"):
        options = GradeOptions(engine=engine, force=True)
        report = grade_assignment(tiny, root / "submitted", tmp_path / engine, options=options)
        found = {one.student: one.question("half-parts") for one in report.submissions}
        assert {one.status for one in found.values()} <= {"passed", "failed"}, found
        assert {name: [part.points for part in one.parts] for name, one in found.items()} == {
            "right": [1, 2.5, 0.5],
            "floor": [1, 0, 0.5],
            "outside": [0, 0, 0],
        }, engine
        assert {name: one.points for name, one in found.items()} == {
            "right": 4,
            "floor": 1.5,
            "outside": 0,
        }
        assert [part.status for part in found["floor"].parts] == ["passed", "failed", "passed"]
        assert found["floor"].message.startswith("odd: "), engine
    (text,) = [one for name, one in otter_tests(load_key(tiny)).items() if "half_parts" in name]
    cases = [one for one in names_in(text).values() if type(one).__name__ == "test_case"]
    assert [(case.points, case.hidden) for case in cases] == [
        (0, False),
        (1, False),
        (2.5, True),
        (0.5, True),
        (0, False),
    ]


@needs.linux
def test_the_clock_of_a_cell_in_otters_kernel_does_not_run_while_others_have_the_core() -> None:
    script = """
import time
from IPython.core.interactiveshell import InteractiveShell
from hwlib.grading.engines.otter_checks import limit_cells
shell = InteractiveShell.instance()
limit_cells(1.0)
shell.run_cell('''
import time
begun, end = time.monotonic(), time.process_time() + 0.4
while time.process_time() < end: pass
print(time.monotonic() - begun > 1.0)
''')
shell.run_cell('''
try:
    while time: pass
except TimeoutError as error: print(error)
''')
"""
    with busy_core() as join:
        done = subprocess.run(
            [sys.executable, "-c", join + script],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
    slow, up = done.stdout.splitlines()
    assert slow == "True", done  # or else the others did not disturb it, and nothing was shown
    assert up.startswith("Your code took too long"), done
