"""Questions of every shape, from notebook.py to the gradebook: code graded by hand, tasks,
solutions of statements, tests that are worth nothing.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
import needs
import pytest
from courses import make_assignment, make_course, released
from jupytext.cli import jupytext as run_jupytext
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook

import hwlib
import hwlib.grading
from hwlib.errors import AuthoringError
from hwlib.grading import Assignment, SubmissionResult, build
from hwlib.grading.answer_key import load_key
from hwlib.grading.authoring.reading import parse_notebook
from hwlib.grading.authoring.written import AuthoredCell
from hwlib.grading.grade import GradeOptions, grade_assignment
from hwlib.grading.proof.simulate import simulate
from hwlib.grading.proof.verify import VerifyReport, verify
from hwlib.grading.results import GradeReport

# a point by point tour; no two questions have one shape
SHAPES = '''\
# %% [markdown]
# # Shapes
# ![a dot](attachment:dot.png)

# %% setup
import numpy as np

# %% [markdown]
# ## 1. A line

# %% solution="line"
x = np.linspace(0, 1, 5)
y = 3 * x

# %% test="line" points=[0, 2] id="cell-12ab"
assert len(x) == len(y) == 5
### BEGIN HIDDEN TESTS
check.close(y, 3 * np.linspace(0, 1, 5), what="the heights y", hint="Is the slope 3?")
### END HIDDEN TESTS

# %% test="line-ends" points=0
assert x[0] == 0, "the line does not begin at 0"

# %% test="environment" points=0
assert int(np.__version__[0]) >= 1

# %% [markdown]
# ## 2. A report

# %% solution="report" manual points=3 tags=["hide-output"]
def report(values):
    """The mean of the values, in words."""
    ### BEGIN SOLUTION
    return f"on average, {np.mean(values):.2f}"
    ### END SOLUTION

# %%
print(report([1, 2]))

# %% [markdown]
# ## 3. An essay

# %% [markdown] task="essay" points=5
# Compare two lines, in as many cells of your own as you like.
#
# ### BEGIN MARK SCHEME
# 5 points: a figure shows both lines, and the text names their slopes.
# ### END MARK SCHEME

# %% [markdown]
# ## 4. What Python does not read

# %% tags=["raises-exception"]
for each line: draw it

# %%
%%bash
echo "not Python, on purpose"
'''
TOML = (
    'title = "Shapes"\npoints = 10\nminutes = 0.1\n\n[limits]\nquestion_s = 5\nsubmission_s = 30\n'
)
FLATTER = '''\
"""The slope is forgotten."""

REPLACES = "line"
FAILS = ["line/case 2"]
HINT = "slope"

x = np.linspace(0, 1, 5)
y = x
'''
LATE = '''\
"""The line begins at 1."""

REPLACES = "line"
FAILS = ["line/case 2", "line-ends"]
HINT = "slope"

x = np.linspace(1, 2, 5)
y = 3 * x
'''
LOOP = '''\
"""With a loop in place of an array expression."""

REPLACES = "line"

# all of the cell
x = np.linspace(0, 1, 5)
y = np.zeros(5)
for i in range(5):
    y[i] = 3 * x[i]
'''
SOLVED = {
    "solution_line": "x = np.linspace(0, 1, 5)\ny = 3 * x",
    "solution_report": "def report(values):\n    return str(sum(values) / len(values))",
}
DOT = bytes.fromhex(  # a PNG of one pixel
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    return make_shapes(tmp_path_factory.mktemp("shapes"))


def make_shapes(root: Path) -> Assignment:
    """The assignment with all shapes, built, with wrong and right solutions."""
    (root / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    assignment = make_course(root, "shapes", SHAPES, TOML).assignment("shapes")
    files = {
        "wrong/flatter.py": FLATTER,
        "wrong/late.py": LATE,
        "right/loop.py": LOOP,
    }
    for name, text in files.items():
        (assignment.folder / name).parent.mkdir(exist_ok=True)
        (assignment.folder / name).write_text(text, encoding="utf-8")
    (assignment.folder / "attachments").mkdir()
    (assignment.folder / "attachments" / "dot.png").write_bytes(DOT)
    build(assignment)
    return assignment


def by_name(notebook: NotebookNode) -> dict[str, NotebookNode]:
    return {cell.metadata.hwlib.name: cell for cell in notebook.cells}


def hand_in(assignment: Assignment, student: str, notebook: NotebookNode) -> Path:
    folder = assignment.course.root / "submitted" / student / assignment.slug
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{assignment.slug}.ipynb")
    return folder


def with_essay(notebook: NotebookNode) -> NotebookNode:
    """The notebook with a student's own cells below the task."""
    place = next(i for i, c in enumerate(notebook.cells) if c.metadata.hwlib.name == "essay")
    own = [new_markdown_cell("Both slopes are positive."), new_code_cell("steep = 4 * x")]
    notebook.cells[place + 1 : place + 1] = own
    return notebook


# ---- building ------------------------------------------------------------------------------------


def test_nbgrader_reads_each_shape_as_what_it_is(shapes: Assignment) -> None:
    cells = by_name(nbformat.read(shapes.source, as_version=4))
    flags = {
        cell.metadata.nbgrader.grade_id: {
            name for name in ("grade", "solution", "locked", "task") if cell.metadata.nbgrader[name]
        }
        for cell in nbformat.read(shapes.source, as_version=4).cells
        if "nbgrader" in cell.metadata
    }
    assert flags["solution-line"] == {"solution"}
    assert flags["cell-12ab"] == flags["test-line-ends"] == {"grade", "locked"}
    assert flags["solution-report"] == {"grade", "solution"}  # a manually graded answer
    assert flags["task-essay"] == {"task", "locked"}
    assert cells["essay"].metadata.nbgrader.points == 5
    assert cells["report"].metadata.tags == ["hide-output"]


def test_students_get_stubs_and_no_mark_scheme(shapes: Assignment) -> None:
    cells = by_name(nbformat.read(shapes.release, as_version=4))
    assert cells["essay"].source == "Compare two lines, in as many cells of your own as you like.\n"
    assert cells["report"].source.endswith("# YOUR CODE HERE\n    raise NotImplementedError()")
    stubs = [
        cell.source
        for cell in nbformat.read(shapes.release, as_version=4).cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "solution-line"
    ]
    assert stubs == ["# YOUR CODE HERE\nraise NotImplementedError()"]
    assert cells["title"].attachments["dot.png"]["image/png"].startswith("iVBORw0KGgo")


def test_a_mark_scheme_that_is_shown_elsewhere_is_a_leak(tmp_path: Path) -> None:
    scheme = "5 points: a figure shows both lines, and the text names their slopes."
    text = SHAPES.replace("# ## 4. What", f"# {scheme}\n#\n# ## 4. What")
    assignment = make_course(tmp_path, "shapes", text, TOML).assignment("shapes")
    (assignment.folder / "attachments").mkdir()
    (assignment.folder / "attachments" / "dot.png").write_bytes(DOT)
    with pytest.raises(AuthoringError, match=r"notebook\.py:\d+: leak: .*answer of task-essay"):
        build(assignment)


def test_every_shape_survives_jupytext(shapes: Assignment, tmp_path: Path) -> None:
    """As when JupyterLab opens notebook.py and saves it."""
    (tmp_path / "jupytext.toml").write_text(
        Path(hwlib.grading.__file__).parent.joinpath("templates/course/jupytext.toml").read_text()
    )
    path = tmp_path / "again" / "notebook.py"
    path.parent.mkdir()
    path.write_text(SHAPES, encoding="utf-8")
    assert run_jupytext([str(path), "--to", "ipynb", "--quiet"]) == 0
    path.unlink()
    notebook = str(path.with_suffix(".ipynb"))
    assert run_jupytext([notebook, "--to", "py:percent", "--quiet"]) == 0

    def said(path: Path) -> list[AuthoredCell]:
        return [replace(cell, line=0, lines=()) for cell in parse_notebook(path).cells]

    assert said(path) == said(shapes.notebook)
    assert 'language="bash"' in path.read_text(encoding="utf-8")


def test_an_attachment_that_is_not_there_stops_the_build(tmp_path: Path) -> None:
    course = make_course(tmp_path, "shapes", SHAPES, TOML)
    with pytest.raises(AuthoringError, match=r"notebook\.py:3: attachment:dot\.png: there is no"):
        build(course.assignment("shapes"))


@pytest.mark.parametrize("above", ["", "![a dot](attachment:dot.png)"])
def test_a_picture_of_an_answer_is_no_secret_if_the_question_shows_it(
    tmp_path: Path, above: str
) -> None:
    text = (
        f'# %% [markdown] answer="why" points=1\n# What is this? {above}\n# ### BEGIN SOLUTION\n'
        "# A dot ![again](attachment:dot.png)\n# ### END SOLUTION\n"
    )
    toml = 'title = "Dots"\npoints = 1\nminutes = 0.1\n'
    assignment = make_course(tmp_path, "dots", text, toml).assignment("dots")
    (assignment.folder / "attachments").mkdir()
    (assignment.folder / "attachments" / "dot.png").write_bytes(DOT)
    if above:
        build(assignment)
        cells = nbformat.read(assignment.release, as_version=4).cells
        (question,) = (one for one in cells if "What is this?" in one.source)
        assert "dot.png" in question.attachments and "again" not in question.source
    else:
        with pytest.raises(AuthoringError, match="is in a secret region"):
            build(assignment)


# ---- proving -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report(shapes: Assignment) -> VerifyReport:
    return verify(shapes)


def test_verify_has_nothing_to_complain_about(report: VerifyReport) -> None:
    assert report.complaints == []


def test_wrong_and_right_solutions_replace_a_whole_cell_of_statements(report: VerifyReport) -> None:
    lost = {row.name: row.lost for row in report.rows}
    assert lost["flatter"] == {"line/case 2"}
    assert lost["late"] == {"line/case 2", "line-ends"}  # also what is worth nothing
    assert lost["loop"] == set()


# ---- grading -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Class:
    """Two students, graded by one engine."""

    assignment: Assignment
    output: Path
    report: GradeReport
    page: str  # the feedback of ada, before a human has graded anything; only one engine writes it

    def of(self, student: str) -> SubmissionResult:
        return next(one for one in self.report.submissions if one.student == student)

    @property
    def book(self) -> Gradebook:
        return Gradebook(f"sqlite:///{self.output / 'gradebook.db'}", "course")


@pytest.fixture(scope="module", params=["isolated", "nbgrader"])
def graded(
    request: pytest.FixtureRequest, shapes: Assignment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Class]:
    hand_in(shapes, "ada", with_essay(released(shapes, **SOLVED)))
    hand_in(shapes, "blank", released(shapes))
    output = tmp_path_factory.mktemp(request.param)
    report = grade(shapes, output, request.param)
    path = output / "feedback" / "ada" / "shapes" / "shapes.html"
    page = path.read_text(encoding="utf-8") if request.param == "isolated" else ""
    yield Class(shapes, output, report, page)


def grade(assignment: Assignment, output: Path, engine: Any) -> GradeReport:
    submitted = assignment.course.root / "submitted"
    return grade_assignment(
        assignment, submitted, output, options=GradeOptions(engine=engine, seed=3)
    )


def test_a_human_is_asked_for_what_tests_do_not_grade(graded: Class) -> None:
    ada = graded.of("ada")
    assert {one.id: (one.status, one.points, one.max_points) for one in ada.questions} == {
        "line": ("passed", 2, 2),
        "line-ends": ("passed", 0, 0),
        "environment": ("passed", 0, 0),
        "report": ("manual", 0, 3),
        "essay": ("manual", 0, 5),
    }
    assert ada.status == "needs_manual"
    assert (ada.score, ada.max_score) == (2, 10)


def test_a_blank_notebook_has_nothing_to_look_at_but_the_task(graded: Class) -> None:
    blank = graded.of("blank")
    assert {one.id: one.status for one in blank.questions} == {
        "line": "missing",
        "line-ends": "missing",
        "environment": "passed",
        "report": "missing",
        "essay": "manual",  # what was done for it may be in any cell
    }
    assert blank.score == 0


def test_the_json_has_every_question_once(graded: Class) -> None:
    (ada, _) = json.loads(graded.report.to_json())["submissions"]
    assert [one["id"] for one in ada["questions"]] == [
        cell.name for cell in load_key(graded.assignment).questions
    ]


def test_points_that_a_human_gives_count_after_the_next_run(graded: Class) -> None:
    with graded.book as book:
        for name, points in (("solution-report", 2.5), ("task-essay", 4)):
            mark = book.find_grade(name, "shapes", "shapes", "ada")
            assert (mark.auto_score, mark.needs_manual_grade) == (None, True)
            mark.manual_score, mark.needs_manual_grade = points, False
        book.db.commit()
    again = grade(graded.assignment, graded.output, graded.report.engine)
    ada = next(one for one in again.submissions if one.student == "ada")
    assert ada.question("report").points == 2.5
    assert ada.question("essay").points == 4
    assert ada.score == 8.5
    with graded.book as book:
        assert book.find_submission("shapes", "ada").score == 8.5
        assert book.find_assignment("shapes").max_score == 10


def test_the_graders_notebook_has_the_mark_scheme_and_the_students_cells(graded: Class) -> None:
    path = graded.output / "autograded" / "ada" / "shapes" / "shapes.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    sources = [cell.source for cell in notebook.cells]
    place = next(i for i, source in enumerate(sources) if "BEGIN MARK SCHEME" in source)
    assert sources[place + 1 : place + 3] == ["Both slopes are positive.", "steep = 4 * x"]


def test_the_feedback_page_shows_the_answer_and_not_the_scheme(graded: Class) -> None:
    page = graded.page
    if graded.report.engine == "nbgrader":
        assert not page
        return
    assert "Both slopes are positive." in page
    assert "steep = 4 * x" in page
    assert "5 points: a figure" not in page
    assert "A human still grades some questions: “A report”, “An essay”." in page


def test_a_simulated_class_knows_what_waits_for_a_human(shapes: Assignment, tmp_path: Path) -> None:
    made = simulate(shapes, 12, 1, tmp_path / "submitted")
    read = [one.status for one in made if one.kind != "unreadable"]
    assert len(read) >= 8
    assert set(read) == {"needs_manual"}  # the task waits in each of them


# ---- without points ------------------------------------------------------------------------------

UNGRADED = """\
# %% solution="double"
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% test="double" points=0
assert double(2) == 4
"""


def test_an_assignment_may_be_worth_nothing(tmp_path: Path) -> None:
    toml = 'title = "Practice"\npoints = 0\nminutes = 0.1\n'
    assignment = make_assignment(tmp_path, "practice", UNGRADED, toml)
    hand_in(assignment, "ada", released(assignment, solution_double="def double(x): return 3 * x"))
    found = grade_assignment(assignment, tmp_path / "submitted", tmp_path)
    (ada,) = found.submissions
    assert (ada.status, ada.score, ada.max_score) == ("graded", 0, 0)
    assert ada.question("double").status == "failed"
    page = (tmp_path / "feedback/ada/practice/practice.html").read_text(encoding="utf-8")
    assert "0 of 0 points" in page
    assert verify(assignment).complaints == []


def test_an_assignment_may_have_no_question(tmp_path: Path) -> None:
    toml = 'title = "A tour"\npoints = 0\nminutes = 0.1\n'
    text = "# %% [markdown]\n# # A tour\n\n# %%\nprint(1)\n"
    assignment = make_assignment(tmp_path, "tour", text, toml)
    hand_in(assignment, "ada", released(assignment))
    (ada,) = grade_assignment(assignment, tmp_path / "submitted", tmp_path).submissions
    assert (ada.status, ada.questions) == ("graded", ())


# ---- what stops the build ------------------------------------------------------------------------

FAULTS = {
    "a task in code": ('# %% task="essay" points=5\n', 1, "a task must be Markdown"),
    "a task without points": ('# %% [markdown] task="essay"\n# Write.\n', 1, "has no points"),
    "a mark scheme in an answer": (
        '# %% [markdown] answer="why" points=1\n# ### BEGIN MARK SCHEME\n',
        2,
        "found a MARK SCHEME marker in an answer cell; move it to a task cell",
    ),
    "a manual test": ('# %% test="f" manual points=1\n', 1, "only a solution can be `manual`"),
    "manual without points": ('# %% solution="f" manual\nf = 1\n', 1, "has no points"),
    "points of a solution that is not manual": (
        '# %% solution="f" points=3\nf = 1\n',
        1,
        'a solution that a human grades is `solution="f" manual points=3`',
    ),
    "a manual solution and a test of one name": (
        '# %% solution="f" manual points=1\nf = 1\n# %% test="f" points=1\n',
        3,
        'taken by solution="f" in line 1',
    ),
    "a function without a region": (
        '# %% solution="f"\ndef f():\n    return 1\n',
        1,
        "has no solution region",
    ),
    "an id of prose": ('# %% [markdown] id="a"\n# Text\n', 1, "nbgrader does not know the cell"),
    "an id that another cell has": (
        '# %% solution="f" id="test-f"\nf = 1\n# %% test="f" points=1\nassert f\n',
        1,
        'id="test-f" is taken by the cell in line 3',
    ),
    "an id that the build gives": ('# %% setup id="submit"\nx = 1\n', 1, "taken by the build"),
    "tags that are no list": ("# %% tags=hidden\nx = 1\n", 1, "expected a list of words"),
    "a test of a student's name under another name": (
        '# %% solution="line"\ny = 1\n# %% test="slope" points=1\nassert y == 1\n',
        3,
        "no cell defines 'slope'",
    ),
}


@pytest.mark.parametrize(("text", "line", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_a_shape_stops_the_build(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    path = tmp_path / "notebook.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AuthoringError) as caught:
        parse_notebook(path)
    assert str(caught.value).partition(f"notebook.py:{line}: ")[2]
    assert words in str(caught.value)


def test_a_variant_of_a_whole_cell_needs_code_and_a_file_of_its_own(tmp_path: Path) -> None:
    assignment = make_shapes(tmp_path)
    wrong = assignment.folder / "wrong"
    (wrong / "late.py").write_text(LATE.partition("\nx = ")[0] + "\n", encoding="utf-8")
    with pytest.raises(AuthoringError, match=r"late\.py:3: .* a whole cell, but the file has no"):
        build(assignment)
    both = LATE.replace('REPLACES = "line"', 'REPLACES = ("line", "report")')
    (wrong / "late.py").write_text(both, encoding="utf-8")
    with pytest.raises(AuthoringError, match=r"late\.py:3: .* put them into two files"):
        build(assignment)


# ---- modules that students write -----------------------------------------------------------------

OWN_MODULE = """\
# %%
from helpers import twice

# %% solution="double"
def double(x):
    ### BEGIN SOLUTION
    return twice(x)
    ### END SOLUTION

# %% test="double" points=2
from helpers import NAME
assert double(2) == 4
assert NAME == "given"
"""
OWN_TOML = 'title = "Own"\npoints = 2\nminutes = 0.1\nstudent_files = ["helpers.py"]\n'
DOUBLE = "def double(x):\n    return twice(x)"
GIVEN = 'NAME = "given"\n\n\ndef twice(x):\n    raise NotImplementedError\n'


def make_own(root: Path, text: str = OWN_MODULE) -> Assignment:
    assignment = make_course(root, "own", text, OWN_TOML.replace("student_files", "# ")).assignment(
        "own"
    )
    for name, content in (
        ("files/helpers.py", GIVEN),
        ("artifacts/helpers.py", GIVEN.replace("raise NotImplementedError", "return 2 * x")),
        ("assignment.toml", OWN_TOML),
    ):
        (assignment.folder / name).parent.mkdir(exist_ok=True)
        (assignment.folder / name).write_text(content, encoding="utf-8")
    return assignment.course.assignment("own")


def test_a_module_that_students_write_is_theirs_for_their_code_only(tmp_path: Path) -> None:
    assignment = make_own(tmp_path)
    build(assignment)
    assert verify(assignment, compare=False).complaints == [
        "question double: no wrong solution fails it; add one to wrong/"
    ]
    own = {"ada": "return x + x", "bob": "return 3 * x"}
    for student, body in own.items():
        folder = hand_in(assignment, student, released(assignment, solution_double=DOUBLE))
        text = GIVEN.replace("raise NotImplementedError", body).replace("given", student)
        (folder / "helpers.py").write_text(text, encoding="utf-8")
    hand_in(assignment, "eve", released(assignment, solution_double=DOUBLE))  # not the module
    found = grade_assignment(assignment, tmp_path / "submitted", tmp_path).submissions
    assert {one.student: one.score for one in found} == {"ada": 2, "bob": 0, "eve": 0}
    kept = tmp_path / "autograded" / "ada" / "own" / "helpers.py"
    assert 'NAME = "ada"' in kept.read_text(encoding="utf-8")
    output, options = tmp_path / "nbgrader", GradeOptions(engine="nbgrader")
    grade_assignment(assignment, tmp_path / "submitted", output, ["ada"], options)
    assert (output / "autograded/ada/own/helpers.py").read_bytes() == kept.read_bytes()


def test_otter_runs_the_module_that_was_handed_in(tmp_path: Path) -> None:
    needs.module("otter")
    assignment = make_own(tmp_path)
    build(assignment)
    for student, body in {"ada": "return x + x", "bob": "return 3 * x", "eve": ""}.items():
        folder = hand_in(assignment, student, released(assignment, solution_double=DOUBLE))
        text = GIVEN.replace("raise NotImplementedError", body)
        if body:  # eve has not handed it in
            (folder / "helpers.py").write_text(text, encoding="utf-8")
    found = grade_assignment(
        assignment, tmp_path / "submitted", tmp_path, options=GradeOptions(engine="otter")
    ).submissions
    assert {one.student: one.score for one in found} == {"ada": 2, "bob": 0, "eve": 0}
    assert "NotImplementedError" in found[2].questions[0].message


def test_the_last_cell_packs_what_students_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assignment = make_own(tmp_path)
    build(assignment)
    call = 'hwlib.submit("own", files=("helpers.py",))'
    assert released(assignment).cells[-1].source.endswith(call)
    folder = hand_in(assignment, "ada", released(assignment, solution_double=DOUBLE))
    (folder / "helpers.py").write_text("def twice(x): return 2 * x\nNAME = 'given'\n")
    hwlib.submit("own", folder=folder, files=("helpers.py",), rehearse=True)
    with zipfile.ZipFile(folder / "own.zip") as archive:
        assert sorted(archive.namelist()) == ["helpers.py", "own.ipynb"]
    assert "2 of 2 points by visible checks" in capsys.readouterr().out


def test_a_setup_cell_cannot_import_what_each_student_writes(tmp_path: Path) -> None:
    assignment = make_own(tmp_path, OWN_MODULE.replace("# %%\n", "# %% setup\n", 1))
    with pytest.raises(AuthoringError, match=r"notebook\.py:2: this setup cell imports helpers"):
        build(assignment)
    (assignment.folder / "files" / "helpers.py").unlink()
    with pytest.raises(AuthoringError, match=r"assignment\.toml:4: student_files: there is no"):
        assignment.course.assignment("own")
