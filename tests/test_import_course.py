"""`hw import` and `hw audit`: whole courses, run in their old notebooks and in both engines."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from courses import COURSE_TOML, hand_in
from old_courses import (
    answer,
    case,
    given,
    manual,
    notebook,
    prose,
    raw,
    solution,
    task,
    test,
    write,
)

from hwlib.commands import run
from hwlib.errors import CourseError
from hwlib.grading import find_course, grade_assignment
from hwlib.grading.authoring.build import build
from hwlib.grading.authoring.importing.headers_and_footers import settings_followed
from hwlib.grading.authoring.importing.layout import find_assignments
from hwlib.grading.authoring.importing.old_course import about_old_course
from hwlib.grading.course import slug_for
from hwlib.grading.proof.imports.autotest import with_autotests
from hwlib.grading.proof.imports.originals import copied_folder

PNG = b"\x89PNG\r\n\x1a\n not much of a picture"
DOUBLE = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"


CONFIG = """\
from ngshare_exchange import configureExchange
c = get_config()
configureExchange(c, "http://proxy/services/ngshare")
c.CourseDirectory.course_id = "old"
# c.Exchange.root = "/srv"
c.ClearSolutions.begin_solution_delimeter = "BEGIN SOLUTION"
c.AssignLatePenalties.plugin_class = "late.SubMarks"
c.ExecutePreprocessor.timeout = 60
"""


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty course of hwlib, which is the working directory."""
    root = tmp_path / "course"
    (root / "assignments").mkdir(parents=True)
    (root / "course.toml").write_text(COURSE_TOML, encoding="utf-8")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A course of nbgrader with an assignment, a module and a data file."""
    folder = tmp_path / "old" / "source" / "Problem Set 1"
    write(
        folder / "problem 1.ipynb",
        prose("# Doubling\nWith all the idioms that hwlib must get past."),
        given("import numpy as np\nfrom helpers import BASE"),
        given("numbers = [int(line) for line in open('data/numbers.txt')]"),
        solution(DOUBLE, "double"),
        test(
            "sample = np.array(numbers)\nassert double(BASE) == 2 * BASE\n"
            "### BEGIN HIDDEN TESTS\nassert (double(sample) == sample + sample).all()\n"
            "### END HIDDEN TESTS",
            "double_right",
            2,
        ),
        test("assert double(sample).sum() == 12", "double_sum", 1),  # of the test above
        test("import inspect\nassert 'return' in inspect.getsource(double)", "double_source", 1),
        solution("def greet(name):\n    print(f'Hello {name}!')", "cell-0a1b2c"),
        test(
            "import io\nfrom contextlib import redirect_stdout\nseen = io.StringIO()\n"
            "with redirect_stdout(seen):\n    greet('Ada')\n"
            "assert seen.getvalue() == 'Hello Ada!\\n'",
            "greet",
            1,
        ),
        test("assert double(1) == 3", "wrong", 1),  # the course's own solution fails it
        answer("### BEGIN SOLUTION\nBecause it is quicker.\n### END SOLUTION", "why", 2),
    )
    (folder / "helpers.py").write_text("BASE = 21\n", encoding="utf-8")
    (tmp_path / "old" / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    (folder / "data").mkdir()
    (folder / "data" / "numbers.txt").write_text("1\n2\n3\n", encoding="utf-8")
    return tmp_path / "old"


@pytest.mark.parametrize("source", ["", "source", "source/ps1", "source/ps1/two.ipynb"])
@pytest.mark.parametrize("on", [True, False])
def test_a_header_and_a_footer_are_in_each_notebook(tmp_path: Path, source: str, on: bool) -> None:
    """As nbgrader releases them; the places are those of the files that the cells come from."""
    write(tmp_path / "source" / "header.ipynb", prose("Your name:"), given('NAME = ""'))
    write(tmp_path / "last.ipynb", prose("Save it."))
    for name in ("one", "two"):
        cells = solution("x = 1", "x"), test("assert x == 1", "x-right", 1)
        write(tmp_path / "source" / "ps1" / f"{name}.ipynb", *cells)
    config = (
        'c.IncludeHeaderFooter.header = "source/header.ipynb"\n'
        'c.IncludeHeaderFooter.footer = "last.ipynb"\n'
    )
    switch = "" if on else "c.IncludeHeaderFooter.enabled = False\n"
    (tmp_path / "nbgrader_config.py").write_text(config + switch, encoding="utf-8")
    (assignment,) = find_assignments(tmp_path / source)
    assert len(assignment.notebooks) == (1 if source.endswith(".ipynb") else 2)
    for found, original in zip(assignment.notebooks, assignment.originals, strict=True):
        own = [f"{found.path.name}, cell {number}" for number in (1, 2)]
        places = ["header.ipynb, cell 1", "header.ipynb, cell 2", *own, "last.ipynb, cell 1"]
        assert [cell.place for cell in found.cells] == (places if on else own)
        assert [cell.source for cell in found.cells] == [cell.source for cell in original.cells]
    assert list(settings_followed(tmp_path / source)) == (
        ["IncludeHeaderFooter.header", "IncludeHeaderFooter.footer"] if on else []
    )


def reported(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the JSON of a command."""
    code = run([*arguments, "--json", "-"])
    return code, json.loads(capsys.readouterr().out)


def test_a_course_is_imported_built_and_graded_in_both_engines(
    course: Path, old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", str(old)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[-1] == "reference: nbgrader 4/5, hwlib 4/5"
    exchange, settings = [line for line in shown if line.startswith("old course: ")]
    assert "such as ngshare, which hwlib does not know; use `hw publish`" in exchange
    others = "AssignLatePenalties.plugin_class, ExecutePreprocessor.timeout"
    assert f"nbgrader_config.py sets {others}, which is not taken over" in settings
    counts = "11 cells: 6 as they were, 4 changed, 0 need a decision, 1 shared process"
    assert shown[0] == f"problem_set_1: problem 1.ipynb: {counts}"
    assert any("does not pass this test in nbgrader" in line for line in shown)
    (assignment,) = find_course(course).assignments()
    assert (assignment.slug, assignment.points) == ("problem_set_1", 8)
    assert build(assignment, check=True).up_to_date
    release = assignment.release.parent
    assert (release / "helpers.py").is_file()
    assert (release / "data" / "numbers.txt").read_text() == "1\n2\n3\n"
    key = nbformat.read(assignment.source, as_version=4).cells
    trusts = {cell.metadata.hwlib.name: cell.metadata.hwlib.get("trust") for cell in key}
    assert [name for name, trust in trusts.items() if trust] == ["double-3"]
    # what a student handed in before the import: the cells are found by their old ids
    handed_in = nbformat.read(old / "source" / "Problem Set 1" / "problem 1.ipynb", as_version=4)
    handed_in.cells = [cell for cell in handed_in.cells if "helpers" not in cell.source]
    for cell in handed_in.cells:
        cell.source = cell.source.replace("return 2 * x", "return x + x")
    hand_in(assignment, "ada", handed_in)
    graded = grade_assignment(assignment, course / "submitted", course)
    (result,) = graded.submissions
    assert {one.id: one.status for one in result.questions} == {
        "double": "passed",
        "double-2": "passed",
        "double-3": "passed",
        "greet": "passed",
        "double-4": "manual",  # the course's own solution does not pass it
        "why": "manual",
    }


def test_several_notebooks_are_one_assignment_and_keep_their_ids(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = prose("![a picture](attachment:plot.png)")
    picture["attachments"] = {"plot.png": {"image/png": base64.b64encode(PNG).decode()}}
    shown = given("1 +")  # not Python on purpose
    shown.metadata["tags"] = ["hide-input"]
    folder = tmp_path / "ps4"
    write(
        folder / "first.ipynb",
        prose("# First"),
        picture,
        shown,
        solution(DOUBLE, "double"),
        test("assert double(1) == 2", "same-id", 2),
        manual("plot = double(3)", "plot", 3),
    )
    write(
        folder / "second.ipynb",
        solution("double = lambda x: x + x", "double"),
        test("assert double(2) == 4", "same-id", 0),
        task("Write an essay.\n\n### BEGIN MARK SCHEME\nOne point a page.", "essay", 5),
        answer("Because.", "why", 1),
    )
    code, found = reported(capsys, "import", str(folder))
    assert code == 1  # the mark scheme is not closed
    assert found["reference"] == {"questions": 2, "nbgrader": 2, "hwlib": 2}
    assignment = find_course(course).assignment("ps4")
    assert assignment.points == 11
    assert build(assignment, check=True).up_to_date
    first, second = (nbformat.read(one.source, as_version=4) for one in assignment.each_notebook())
    ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in second.cells]
    assert [one for one in ids if one and "-1" not in one] == [
        "double",
        "same-id",
        "essay",
        "why",
        "submit",
    ]
    names = [cell.metadata.hwlib["name"] for cell in (*first.cells, *second.cells)]
    assert {"double", "double-2", "plot"} <= set(names)
    (with_picture,) = [cell for cell in first.cells if cell.get("attachments")]
    ((name, kinds),) = with_picture["attachments"].items()
    assert name == "2_plot.png"
    assert base64.b64decode(kinds["image/png"]) == PNG
    tagged = [cell.metadata.tags for cell in first.cells if "tags" in cell.metadata]
    assert tagged == [["hide-input", "raises-exception"]]


def test_an_audit_writes_nothing_and_says_the_same(
    course: Path, old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(old.rglob("*"))
    code, found = reported(capsys, "audit", str(old / "source" / "Problem Set 1"))
    assert code == 0
    assert found["reference"] == {"questions": 5, "nbgrader": 4, "hwlib": 4}
    assert sorted(old.rglob("*")) == before
    assert not any((course / "assignments").iterdir())
    (assignment,) = found["assignments"]
    assert {cell["status"] for cell in assignment["cells"]} == {"as it was", "changed", "shared"}
    assert [cell["place"] for cell in assignment["cells"]] == [
        f"problem 1.ipynb, cell {number}" for number in range(1, 12)
    ]
    by_id = {question["grade_id"]: question for question in assignment["questions"]}
    assert by_id["double_source"]["trust"] == "shared"
    assert by_id["wrong"]["original"] is False
    assert by_id["wrong"]["isolated"] is False
    assert set(assignment["seconds"]) == {"original", "nbgrader", "isolated"}


def test_open_decisions_are_the_exit_code(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(
        tmp_path / "ps2.ipynb",
        solution(DOUBLE, "double"),
        test("assert double(1) == 2", "t1", 1),
        test("assert double(unheard_of) == 2", "t2", 1),
        test("assert callable(double)", "t3", 1),
    )
    code, found = reported(capsys, "import", str(path), "--to", "second")
    assert code == 1
    assert found["decisions"] == 2  # the test can't be built, so neither can the assignment
    assert found["reference"] == {"questions": 3, "nbgrader": 2, "hwlib": 2}
    cells = {cell["grade_id"]: cell["notes"] for cell in found["assignments"][0]["cells"]}
    assert not any("for nothing" in note["text"] for note in cells["t1"])
    assert any("for nothing" in note["text"] for note in cells["t3"])
    text = (course / "assignments" / "second" / "notebook.py").read_text(encoding="utf-8")
    assert "assert double(unheard_of) == 2" in text  # nothing is dropped


def test_a_notebook_in_another_language_is_not_imported_and_said_so(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "r.ipynb", solution("x <- 3", "x"), language="R")
    code, found = reported(capsys, "import", str(path))
    assert code == 1
    (note,) = found["assignments"][0]["notes"]
    assert "r.ipynb, because it is written in R;" in note["text"]
    assert not any((course / "assignments").iterdir())


def test_an_assignment_that_exists_is_not_overwritten(
    course: Path, old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (course / "assignments" / "problem_set_1").mkdir()
    assert run(["import", str(old)]) == 2
    assert "exists; remove it" in capsys.readouterr().err


def test_autotest_lines_become_tests_by_nbgraders_own_code(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import nbgrader

    templates = Path(nbgrader.__file__).parent / "docs/source/user_guide/autotests.yml"
    write(
        tmp_path / "ps3" / "ps3.ipynb",
        solution("total = sum(range(5))", "total"),
        test("### AUTOTEST total", "t1", 1),
    )
    shutil.copy(templates, tmp_path / "ps3" / "autotests.yml")
    code, found = reported(capsys, "import", str(tmp_path / "ps3"))
    assert (code, found["reference"]) == (0, {"questions": 1, "nbgrader": 1, "hwlib": 1})
    text = (course / "assignments" / "ps3" / "notebook.py").read_text(encoding="utf-8")
    assert "AUTOTEST" not in text
    assert "assert" in text


def test_an_autotest_line_that_nbgrader_cannot_write_out_stays_and_is_said(tmp_path: Path) -> None:
    import nbgrader

    templates = Path(nbgrader.__file__).parent / "docs/source/user_guide/autotests.yml"
    cells = [
        given("1 / 0"),
        solution("total = sum(range(5))\n### AUTOTEST total", "total"),
        test("for _ in range(2):\n    ### AUTOTEST total\n    pass", "inside a loop", 1),
        test("### AUTOTEST unheard_of", "no such name", 1),
        test("### AUTOTEST input()", "waits for somebody", 1),
        test("### AUTOTEST total", "right", 1),
    ]
    old = notebook(*cells)
    old.metadata.kernelspec.name = "conda-env-ml-py"  # nbgrader knows none of that name
    assert "there is no autotests.yml" in with_autotests(old, tmp_path).problem
    (tmp_path / "autotests.yml").write_text("python3: 3", encoding="utf-8")
    assert "nbgrader can't use autotests.yml: " in with_autotests(old, tmp_path).problem
    text = templates.read_text(encoding="utf-8").replace("\npython3:", "\nconda-env-ml-py:", 1)
    (tmp_path / "autotests.yml").write_text(text, encoding="utf-8")
    written = with_autotests(old, tmp_path)
    assert written.problem == ""
    kinds = {number: text.partition(":")[0] for number, text in written.problems.items()}
    only = "nbgrader allows them in a test only"
    assert kinds == {2: only, 3: "SyntaxError", 4: "NameError", 5: "StdinNotImplementedError"}
    after = [cell.source for cell in written.notebook.cells]
    assert after[:5] == [cell.source for cell in cells[:5]]
    assert "AUTOTEST" not in after[5]
    assert "assert" in after[5]
    assert written.notebook.metadata == old.metadata


def test_otters_notebook_is_imported_with_what_its_cells_show(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(
        tmp_path / "hw1.ipynb",
        prose("# Doubling"),
        raw("# BEGIN QUESTION\nname: q1\npoints: 3"),
        raw("# BEGIN SOLUTION"),
        given(DOUBLE.replace("###", "#")),
        raw("# END SOLUTION"),
        raw("# BEGIN TESTS"),
        case("double(1)"),  # no outputs are kept in it: the import runs it
        case("# HIDDEN\ndouble(4) == 8", "True"),
        raw("# END TESTS"),
        raw("# END QUESTION"),
    )
    code, found = reported(capsys, "import", str(path))
    assert (code, found["reference"]) == (0, {"questions": 1, "nbgrader": 1, "hwlib": 1})
    text = (course / "assignments" / "hw1" / "notebook.py").read_text(encoding="utf-8")
    assert "assert double(1) == 2" in text


PERCENT = '''\
# %% [markdown]
"""
# A module
"""

# %% nbgrader={"grade": false, "grade_id": "imports", "solution": false, "locked": true}
import math

# %% nbgrader={"grade": false, "grade_id": "area", "solution": true, "locked": false}
def area(radius):
    ### BEGIN SOLUTION
    return math.pi * radius ** 2
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-area", "locked": true, "points": 5}
def test_area():
    assert math.isclose(area(1), math.pi)

test_area()
'''


def test_a_percent_file_with_nbgraders_metadata_is_imported(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "01_area.py"
    path.write_text(PERCENT, encoding="utf-8")
    code, found = reported(capsys, "import", str(path))
    assert (code, found["reference"]) == (0, {"questions": 1, "nbgrader": 1, "hwlib": 1})
    assert find_course(course).assignment("a_01_area").title == "A module"


# ---- where assignments are -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Problem Set 1", "problem_set_1"), ("ps1", "ps1"), ("2-lists", "a_2_lists"), ("Ü", "a")],
)
def test_the_name_of_a_folder_becomes_a_slug(name: str, slug: str) -> None:
    assert slug_for(name) == slug


def test_the_assignments_of_a_course_are_the_folders_in_source(tmp_path: Path) -> None:
    for name in ("source/ps1/a.ipynb", "source/ps2/b.ipynb", "release/ps1/a.ipynb"):
        write(tmp_path / name, solution("x = 1", "x"))
    write(tmp_path / "source" / "header.ipynb", prose("hello"))
    assert [one.slug for one in find_assignments(tmp_path)] == ["ps1", "ps2"]
    assert [one.slug for one in find_assignments(tmp_path / "source" / "ps1", "mine")] == ["mine"]
    with pytest.raises(CourseError, match="there are 2 here"):
        find_assignments(tmp_path, "mine")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("c.Exchange.root = '/srv/exchange'\n", ["sets Exchange.root, which is not taken over"]),
        ("c.ExchangeFactory.submit = 'mine.Submit'\n", ["sets an exchange of another kind"]),
        ("# ngshare was here\nc.CourseDirectory.course_id = 'x'\n", []),
        ("c.Execute.extra_arguments.append('--x')\n", ["sets Execute.extra_arguments, which"]),
        ("c['Execute']['timeout'] = 3\n", ["sets Execute.timeout, which"]),
        ("c.CourseDirectory.ignore += ['*.o']\n", ["sets CourseDirectory.ignore, which"]),
        ("conf = get_config()\ne = conf.Execute\nif 1:\n    e.timeout = 3\n", ["Execute.timeout"]),
        ('"""\nc.Execute.timeout = 3\n"""\n', []),
        ("print 'Python 2'\nc.Execute.timeout = 3\n", ["sets Execute.timeout, which"]),
        ("c.ClearSolutions.begin_solution_delimeter = A + 'B'\n", ["begin_solution_delimeter"]),
        (
            "c.AssignLatePenalties.plugin_class = 'late.SubMarks'\n",
            [
                "sets AssignLatePenalties.plugin_class, which",
                "to late.SubMarks, which is in late.py",
            ],
        ),
        ("", []),
    ],
)
def test_what_is_not_taken_over_of_a_course_is_said(
    tmp_path: Path, config: str, said: list[str]
) -> None:
    (tmp_path / "nbgrader_config.py").write_text(config, encoding="utf-8")
    (tmp_path / "late.py").write_text("class SubMarks: ...\n", encoding="utf-8")
    found = list(about_old_course(tmp_path / "source" / "ps1"))
    assert len(found) == len(said)
    assert all(words in line for words, line in zip(said, found, strict=True))
    (tmp_path / "gradebook.db").write_bytes(b"")
    assert "gradebook.db has grades of this course" in [*about_old_course(tmp_path)][-1]


def test_a_folder_without_such_notebooks_is_misuse(tmp_path: Path) -> None:
    write(tmp_path / "plain.ipynb", given("x = 1"))
    with pytest.raises(CourseError, match="no notebook with nbgrader's or otter's cells"):
        find_assignments(tmp_path)
    with pytest.raises(CourseError, match="no such file"):
        find_assignments(tmp_path / "nowhere")


def test_files_that_an_otter_notebook_lists_go_with_it(tmp_path: Path) -> None:
    for name in ("data/a.csv", "data/b.csv", "one.txt", "other.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1\n")
    path = write(
        tmp_path / "hw.ipynb",
        raw("# ASSIGNMENT CONFIG\nfiles:\n  - data\n  - one.txt\n  - ../secret\n  - missing"),
        raw("# BEGIN QUESTION\nname: q1"),
        raw("# END QUESTION"),
    )
    (found,) = find_assignments(path)
    assert [file.as_posix() for file in found.files] == ["data/a.csv", "data/b.csv", "one.txt"]


def test_only_the_files_that_a_single_notebook_names_go_with_it(tmp_path: Path) -> None:
    for name in ("used.csv", "other.csv", "helper.py", "unused.py", "data/a.png", "more/b.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("folder = 'data/'\n")
    path = write(
        tmp_path / "a.ipynb", given("import helper\nopen('used.csv')"), solution("x = 1", "x")
    )
    (found,) = find_assignments(path)
    names = ["data/a.png", "helper.py", "used.csv"]  # the module names the folder data/
    assert sorted(file.as_posix() for file in found.files) == names
    with copied_folder(tmp_path, found.files) as place:
        copied = [path for path in place.rglob("*") if path.is_file()]
        assert sorted(path.relative_to(place).as_posix() for path in copied) == names
