"""What is not the student's doing costs the student nothing; what is, costs the same everywhere."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import needs
import pytest
from courses import hand_in as hand_in_notebook
from courses import make_assignment, released
from old_courses import given, prose
from old_courses import write as write_notebook

import hwlib
from hwlib.commands import run
from hwlib.errors import AuthoringError
from hwlib.grading import Assignment, GradeOptions, GradeReport, build, grade_assignment
from hwlib.grading.cells import transformed
from hwlib.grading.course import find_course
from hwlib.grading.engines.isolated import IsolatedEngine
from hwlib.grading.engines.setup_shell import SetupShell
from hwlib.grading.grade import Engine, grade_notebook_file
from hwlib.grading.proof.variants import reference_notebook
from hwlib.grading.records.cache import ResultCache
from hwlib.grading.records.class_records import ClassRecords
from hwlib.grading.results import QuestionResult
from hwlib.grading.sandbox import processes
from hwlib.grading.sandbox.clock import WorkClock
from hwlib.grading.submissions.files import find_submissions

pytestmark = needs.linux

NOTEBOOK = """\
# %% [markdown]
# # Rules
# Some text.

# %% setup
%matplotlib inline
import time

# %% setup
{broken}

# %% solution="double"
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% test="double" points=4
assert double(3) == 6
{last}

# %% test="double-table" points=2
assert double(table[0]) == 2 * table[0]

# %% solution="figure"
def figure():
    ### BEGIN SOLUTION
    print("drawn")
    ### END SOLUTION

# %% test="figure" points=1 trust="shared"
import inspect
assert "print" in inspect.getsource(figure)
"""


def make(root: Path, broken: str = "table = [1, 2]", last: str = "") -> Assignment:
    notebook = NOTEBOOK.format(broken=broken, last=last)
    return make_assignment(root, "rules", notebook, points=7)


def graded(assignment: Assignment, old: str = "", new: str = "") -> dict[str, QuestionResult]:
    """The reference, with a piece of it replaced, graded alone."""
    notebook = reference_notebook(assignment)
    for cell in notebook.cells:
        cell.source = cell.source.replace(old, new) if old else cell.source
    with IsolatedEngine(assignment, seed=1) as engine:
        outcome = engine.grade_notebook(notebook, "student")
    return {question.id: question for question in outcome.result.questions}


def hand_in(assignment: Assignment, student: str, old: str = "", new: str = "") -> None:
    folder = assignment.course.root / "submitted" / student / assignment.slug
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(reference_notebook(assignment))
    (folder / f"{assignment.slug}.ipynb").write_text(text.replace(old, new) if old else text)


def grade(assignment: Assignment, **options: Any) -> GradeReport:
    root = assignment.course.root
    return grade_assignment(assignment, root / "submitted", root, options=GradeOptions(**options))


# ---- the course's own cells ----------------------------------------------------------------------


def test_magics_in_setup_cells_work_and_a_shared_test_sees_the_source(tmp_path: Path) -> None:
    found = graded(make(tmp_path))
    assert {name: (one.status, one.trust) for name, one in found.items()} == {
        "double": ("passed", "isolated"),
        "double-table": ("passed", "isolated"),
        "figure": ("passed", "shared"),
    }
    wrong = graded(make(tmp_path / "wrong"), 'print("drawn")', "pass")
    assert (wrong["figure"].status, wrong["figure"].points) == ("failed", 0)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("%run helper.py", {"SCALE": 10, "name": "__main__", "five": 50, "words": []}),
        ("%run helper", {"five": 50}),
        ("%run -n helper.py a 'b c'", {"name": "helper", "words": ["a", "b c"]}),
        ("SCALE = 3\n%run -i other.py", {"doubled": 6, "SCALE": 3}),
        ("%run given.ipynb", {"SCALE": 10, "first": 11}),
        ("%pylab inline\nx = linspace(0, 1, 3)[1] + np.ones(1)[0]", {"x": 1.5}),
        ("%pip install numpy\n%reload_ext autoreload\nx = 1", {"x": 1}),
        ("%%writefile made.py\ny = 4", {}),
        ("%%html\n<b>Part 2</b>", {}),
    ],
)
def test_a_magic_makes_the_names_that_it_makes_in_a_notebook(
    source: str, wanted: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = "import sys\nSCALE = 10\nname = __name__\nwords = sys.argv[1:]\n"
    (tmp_path / "helper.py").write_text(
        helper + "def scaled(x):\n    return SCALE * x\nfive = scaled(5)\n"
    )
    (tmp_path / "other.py").write_text("doubled = 2 * SCALE\n")
    cells = given("%run helper.py"), prose("text"), given("first = SCALE + 1")
    write_notebook(tmp_path / "given.ipynb", *cells)
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    shell = SetupShell(namespace)
    namespace["get_ipython"] = lambda: shell
    arguments = list(sys.argv)
    exec(transformed(source), namespace)
    assert {name: namespace[name] for name in wanted} == wanted
    assert sys.argv == arguments
    if "scaled" in namespace:  # it still sees the names of its file
        exec("assert scaled(2) == 20", namespace)
    if "writefile" in source:
        assert (tmp_path / "made.py").read_text() == "y = 4\n"


@pytest.mark.parametrize("source", ["%run", "%run -n", "%nosuch 3", "%%nosuch\nx = 1"])
def test_a_magic_that_can_not_be_run_says_what_to_write(source: str) -> None:
    namespace: dict[str, object] = {}
    shell = SetupShell(namespace)
    namespace["get_ipython"] = lambda: shell
    with pytest.raises(ValueError, match="write"):
        exec(transformed(source), namespace)


def test_a_setup_cell_that_raises_costs_only_the_questions_that_need_it(tmp_path: Path) -> None:
    assignment = make(tmp_path, broken="table = open('table.csv').read()")
    hand_in(assignment, "ada")
    for _ in range(2):  # the second run tries again, and says it again
        report = grade(assignment)
        ada = report.submissions[0]
        assert (ada.question("double").points, ada.question("figure").points) == (4, 1)
        waiting = ada.question("double-table")
        assert waiting.status == "manual"
        assert "You lose no points by it." in waiting.message
        first, about = report.complaints
        assert first.startswith("rules: 1 of ")
        assert "setup-3, line 1" in about
        assert "FileNotFoundError" in about
        assert "assignments/rules/files/" in about


def test_a_setup_cell_reads_the_assignments_files(tmp_path: Path) -> None:
    assignment = make(tmp_path, broken="import numbers_of\ntable = numbers_of.read()")
    files = assignment.folder / "files"
    files.mkdir()
    (files / "table.csv").write_text("5,6")
    (files / "numbers_of.py").write_text(
        "def read():\n    return [int(word) for word in open('table.csv').read().split(',')]\n"
    )
    build(assignment)
    assert {one.status for one in graded(assignment).values()} == {"passed"}


@pytest.mark.parametrize(
    ("last", "points", "status"),
    [
        ("1", 1, "passed"),
        ("2.5", 2.5, "passed"),
        ("True", 4, "passed"),
        ("'text'", 4, "passed"),
        ("float('nan')", 0, "passed"),
        ("-3", 0, "passed"),
        ("5", 0, "manual"),
    ],
)
def test_the_last_value_of_a_test_is_its_points(
    tmp_path: Path, last: str, points: float, status: str
) -> None:
    question = graded(make(tmp_path, last=last))["double"]
    assert (question.points, question.status) == (points, status)


@pytest.mark.parametrize(
    "last", ["import pytest; pytest.fail('no such luck')", "raise SystemExit('no such luck')"]
)
def test_a_test_that_stops_with_what_is_no_exception_fails_and_the_others_go_on(
    tmp_path: Path, last: str
) -> None:
    found = graded(make(tmp_path, last=last))
    assert (found["double"].status, found["double"].message) == ("failed", "no such luck")
    assert found["double-table"].status == "passed"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ('# %% test="double" points=4 trust="none"', 'expected "shared"'),
        ('# %% solution="more" trust="shared"', "only tests can"),
    ],
)
def test_trust_is_shared_or_isolated_and_belongs_to_tests(
    tmp_path: Path, header: str, words: str
) -> None:
    notebook = NOTEBOOK.format(broken="table = [1]", last="")
    place = '# %% test="double" points=4' if "test=" in header else '# %% solution="double"'
    with pytest.raises(AuthoringError, match=words):
        make_assignment(tmp_path, "rules", notebook.replace(place, header), points=7)


VERSIONS = """\
# %% [markdown]
# # Versions

# %% setup
def given(x):
    return {given}

# %% solution="double"
def double(x):
    ### BEGIN SOLUTION
    return given(x) + x
    ### END SOLUTION

# %% test="double" points=4
limit = {limit}
assert double(2) == limit
"""


@pytest.mark.parametrize(
    ("engine", "locked"),  # nbgrader locks a test, whatever its metadata say
    [("isolated", True), ("isolated", False), ("nbgrader", True)],
)
def test_a_notebook_of_an_earlier_version_is_graded_with_the_present_given_cells(
    tmp_path: Path, engine: Engine, locked: bool
) -> None:
    """The course changes and adds cells after the release. Nobody but the course has done it."""
    first = make_assignment(tmp_path, "rules", VERSIONS.format(given="x + 1", limit=5), points=4)
    notebook = released(first, solution_double="def double(x):\n    return given(x) + x\n")
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata.nbgrader.locked = locked
    hand_in_notebook(first, "ada", notebook)
    later = VERSIONS.format(given="x", limit=4) + "\n# %% setup\nimport math\n"
    second = make_assignment(tmp_path, "rules", later, points=4)
    (ada,) = grade(second, engine=engine).submissions
    assert ada.score == 4, ada
    (problem,) = ada.problems
    assert "an earlier version of the assignment" in problem


# ---- the machine ---------------------------------------------------------------------------------


def test_a_module_that_this_machine_lacks_is_left_to_a_human_and_counted(tmp_path: Path) -> None:
    assignment = make(tmp_path)
    for student in ("ada", "ben"):
        hand_in(assignment, student, "return 2 * x", "import no_such_module; return 2 * x")
    hand_in(assignment, "eve", "return 2 * x", "from google.colab import drive; return 2 * x")
    report = grade(assignment)
    ada, _, eve = report.submissions
    assert ada.question("double").status == "manual"
    assert "imports no_such_module" in ada.question("double").message
    assert ada.question("figure").points == 1
    assert eve.question("double").points == 4
    (complaint,) = report.complaints
    assert complaint.startswith("2 submissions need no_such_module, which this machine does not")


def test_pip_fails_at_once(tmp_path: Path) -> None:
    started = time.monotonic()
    found = graded(
        make(tmp_path), "return 2 * x", "%pip install -q not-there-at-all\\n    return x"
    )
    assert found["double"].points == 0
    assert found["figure"].points == 1
    assert time.monotonic() - started < 60


def test_lines_that_would_install_with_other_programs_cost_nothing(tmp_path: Path) -> None:
    installs = "".join(
        f"%{program} install -y numba\n" for program in ("conda", "mamba", "micromamba", "uv")
    )
    found = graded(make(tmp_path), "def double(x):", f"{installs}def double(x):")
    assert found["double"].points == 4, found["double"].message


def test_a_sleep_counts_as_a_third_and_waiting_for_a_core_not_at_all() -> None:
    def is_over(cpu_s: float, queued_s: float, wall_s: float) -> bool:
        told = [(0.0, 0.0), (cpu_s, queued_s)]  # what the system tells, first and then
        clock = WorkClock(lambda: told.pop(0) if len(told) > 1 else told[0], limit_s=1.0)
        clock._wall_s = wall_s
        return clock()

    assert not is_over(cpu_s=0.5, queued_s=9.5, wall_s=10.0)
    assert is_over(cpu_s=1.1, queued_s=9.0, wall_s=10.2)
    assert not is_over(cpu_s=0.0, queued_s=0.0, wall_s=2.0)
    assert is_over(cpu_s=0.0, queued_s=0.0, wall_s=3.5)
    assert is_over(cpu_s=0.0, queued_s=100.0, wall_s=100.0)  # a kernel that tells nonsense


@pytest.fixture
def blocks() -> Iterator[list[processes._UidBlock]]:
    held: list[processes._UidBlock] = []
    yield held
    for block in held:
        block.close()


def test_no_two_graders_have_a_user_id_in_common(blocks: list[processes._UidBlock]) -> None:
    few = range(40_000, 40_000 + 4 * processes.UIDS_A_RUN)
    blocks += [processes._UidBlock(few) for _ in range(4)]
    assert len({block.first for block in blocks}) == 4
    with pytest.raises(Exception, match="no free block"):
        processes._UidBlock(few)
    blocks.pop().close()
    blocks.append(processes._UidBlock(few))


# ---- kept results and seeds ----------------------------------------------------------------------


def test_a_comma_in_a_text_regrades_nobody_and_a_changed_test_everybody(tmp_path: Path) -> None:
    assignment = make(tmp_path)
    hand_in(assignment, "ada")
    grade(assignment)
    text = assignment.notebook.read_text()
    assignment.notebook.write_text(text.replace("Some text.", "Some, text."))
    build(assignment)
    assert grade(assignment).submissions[0].cached
    assignment.notebook.write_text(text.replace("double(3) == 6", "double(4) == 8"))
    build(assignment)
    assert not grade(assignment).submissions[0].cached


def _new_limit(assignment: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    toml = assignment.folder / "assignment.toml"
    toml.write_text(toml.read_text().partition("[limits]")[0] + "[limits]\nquestion_s = 77\n")


def _new_model(assignment: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    (assignment.folder / "artifacts").mkdir()
    (assignment.folder / "artifacts" / "net.safetensors").write_bytes(b"weights")


def _new_file(assignment: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    (assignment.source.parent / "data.csv").write_text("1, 2\n")


def _new_library(assignment: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    (assignment.course.root / "library" / "seaborn-0.13.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(assignment.course.root / "library")


def _new_hwlib(assignment: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    package = assignment.course.root / "package"
    package.mkdir()
    (package / "__init__.py").write_text("# another version\n")
    monkeypatch.setattr(hwlib, "__file__", str(package / "__init__.py"))


@pytest.mark.parametrize(
    "change",
    [_new_limit, _new_model, _new_file, _new_library, _new_hwlib],
    ids=lambda one: one.__name__,
)
def test_a_kept_result_is_of_all_that_it_depends_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[..., None]
) -> None:
    def digest() -> str:
        assignment = find_course(tmp_path).assignment("rules")
        (found,) = find_submissions(assignment, tmp_path / "submitted")
        return ResultCache(assignment, tmp_path, "isolated").digest(found)

    assignment = make(tmp_path)
    hand_in(assignment, "ada")
    before = digest()
    assert digest() == before
    change(assignment, monkeypatch)
    assert digest() != before


def test_a_hand_in_that_comes_while_the_class_is_graded_is_graded_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assignment = make(tmp_path)
    hand_in(assignment, "ada", "return 2 * x", "return x")
    write = ClassRecords.write

    def late(records: ClassRecords, found: Any, *rest: Any) -> Any:
        hand_in(assignment, "ada")
        return write(records, found, *rest)

    monkeypatch.setattr(ClassRecords, "write", late)
    assert grade(assignment).submissions[0].score == 1
    monkeypatch.undo()
    (ada,) = grade(assignment).submissions
    assert (ada.cached, ada.score) == (False, 7)


def test_each_run_has_a_fresh_seed_and_a_seed_repeats_a_run(tmp_path: Path) -> None:
    assignment = make(tmp_path)
    hand_in(assignment, "ada")
    grade(assignment)
    grade(assignment, force=True)
    seeds = (tmp_path / ".hw" / "rules" / "isolated" / "seeds").read_text().split()
    assert len(set(seeds)) == 2
    assert min(map(int, seeds)) > 2**100
    assert grade(assignment, seed=int(seeds[1])).submissions[0].cached
    assert not grade(assignment, seed=5).submissions[0].cached


def test_a_notebook_that_is_newer_than_what_was_built_is_said(tmp_path: Path) -> None:
    assignment = make(tmp_path)
    hand_in(assignment, "ada")
    later = time.time() + 10
    os.utime(assignment.notebook, (later, later))
    assert grade(assignment).complaints == ()
    text = assignment.notebook.read_text()
    assignment.notebook.write_text(text.replace("double(3) == 6", "double(4) == 8"))
    os.utime(assignment.notebook, (later, later))
    (complaint,) = grade(assignment).complaints
    assert "assignments/rules/notebook.py has changed" in complaint
    assert "Run `hw build rules`" in complaint


def test_a_file_that_is_newer_than_what_was_built_is_said(tmp_path: Path) -> None:
    assignment = make(tmp_path)
    hand_in(assignment, "ada")
    data = assignment.folder / "files" / "data.csv"
    data.parent.mkdir()
    data.write_text("1\n")
    later = time.time() + 10
    os.utime(data, (later, later))
    (complaint,) = grade(assignment).complaints
    assert "assignments/rules/files/data.csv has changed" in complaint
    build(assignment)
    assert grade(assignment).complaints == ()


@pytest.mark.parametrize(
    ("module", "lacks"), [("nosuch.part", "nosuch"), ("numpy.nosuch", "numpy.nosuch")]
)
def test_the_part_of_a_module_that_this_machine_lacks_is_named(
    tmp_path: Path, module: str, lacks: str
) -> None:
    assignment = make(tmp_path)
    hand_in(assignment, "ada", "return 2 * x", f"import {module}; return 2 * x")
    (complaint,) = (line for line in grade(assignment).complaints if "does not have" in line)
    assert f"1 submission needs {lacks}, which" in complaint


def test_results_that_can_not_be_written_stand_in_the_json_and_the_exit_code_is_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assignment = make(tmp_path)
    hand_in(assignment, "ada")
    hand_in(assignment, "ben")

    def full(records: ClassRecords, found: Any, *rest: Any) -> Any:
        if found.student == "ada":
            raise OSError(28, "No space left on device")
        return write(records, found, *rest)

    write = ClassRecords._write
    monkeypatch.setattr(ClassRecords, "_write", full)
    monkeypatch.chdir(tmp_path)
    assert run(["grade", "rules", "--json", str(tmp_path / "report.json")]) == 1
    report = json.loads((tmp_path / "report.json").read_text())
    assert [(one["student"], one["score"]) for one in report["submissions"]] == [
        ("ada", 7),
        ("ben", 7),
    ]
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("hw:")]
    assert len(errors) == 1
    assert "No space left on device" in errors[0]


@pytest.mark.parametrize("engine", ["isolated", "nbgrader"])
def test_one_notebook_does_not_get_the_modules_beside_it_and_the_instructor_hears_of_it(
    tmp_path: Path, engine: Engine
) -> None:
    assignment = make_assignment(
        tmp_path / "course", "rules", VERSIONS.format(given="x", limit=4), points=4
    )
    notebook = released(assignment, solution_double="from helper import double\n")
    nbformat.write(notebook, tmp_path / "ada.ipynb")
    (tmp_path / "helper.py").write_text("def double(x):\n    return 2 * x\n")
    (tmp_path / "other.py").write_text("")
    report = grade_notebook_file(assignment, tmp_path / "ada.ipynb", engine=engine)
    assert report.submissions[0].question("double").status == "manual"
    (complaint,) = report.complaints
    assert complaint.startswith(f"{tmp_path / 'helper.py'}: ")
    assert "--submitted" in complaint
