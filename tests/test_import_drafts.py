"""Cells of nbgrader's notebooks become cells of notebook.py; notes say what changed and why."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given as with_examples
from hypothesis import settings
from hypothesis import strategies as st
from nbformat import NotebookNode, from_dict
from old_courses import (
    answer,
    drafts_of,
    given,
    locked,
    manual,
    notebook,
    prose,
    raw,
    solution,
    test,
    texts,
)

from hwlib.errors import AuthoringError
from hwlib.grading.authoring.importing.drafting import drafted
from hwlib.grading.authoring.importing.faults import kept_state
from hwlib.grading.authoring.importing.markers import delimiters_in
from hwlib.grading.authoring.importing.nbgrader_notebooks import found_in_nbgrader, read_notebook
from hwlib.grading.authoring.importing.otter_notebooks import found_in_otter
from hwlib.grading.authoring.importing.writing import notebook_text
from hwlib.grading.authoring.reading import parse_notebook
from hwlib.grading.cells import line_kinds

DOUBLE = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"


# ---- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "grade_id", "name"),
    [
        ("x = 1\ndef f():\n    return x\nclass C:\n    pass", "a", "f"),
        ("class C:\n    pass", "a", "C"),
        ("first, second = 1, 2", "a", "first"),
        ("table[0] = 3", "q1_fill", "q1_fill"),
        ("print(3)", "1.2 print", "q1_2_print"),
        ("print(3)", "cell-3f2a99", "the_mean"),  # the heading above says more than that id
    ],
)
def test_a_solution_is_named_after_what_it_defines_or_its_old_id(
    source: str, grade_id: str, name: str
) -> None:
    _, draft = drafts_of(prose("## 2. The mean"), solution(source, grade_id))
    assert draft.name == name


def test_a_test_is_named_after_the_solution_that_it_uses_with_a_number() -> None:
    drafts = drafts_of(
        solution(DOUBLE, "a"),
        solution("def half(x):\n    return x / 2", "b"),
        test("assert double(1) == 2", "t1", 1),
        test("assert half(2) == 1", "t2", 1),
        test("assert double(2) == 4", "t3", 1),
        test("assert True", "t4", 1),  # about nothing: the solution above it
    )
    assert [draft.name for draft in drafts[2:]] == ["double", "half", "double-2", "half-2"]
    assert [draft.grade_id for draft in drafts[2:]] == ["t1", "t2", "t3", "t4"]


def test_a_test_about_a_given_name_is_named_after_that() -> None:
    _, draft = drafts_of(given("import numpy as np\ndata = 3"), test("assert data == 3", "t", 1))
    assert draft.name == "data"


# ---- what a test needs ---------------------------------------------------------------------------


def test_given_cells_are_setup_only_where_a_test_needs_them_and_they_need_no_student() -> None:
    drafts = drafts_of(
        given("import math"),  # needed by the cell that the test needs
        given("import json"),  # needed by nobody
        locked("factor = math.floor(2.5)", "factor"),
        solution(DOUBLE, "a"),
        given("result = double(factor)"),  # the student's: made with their function
        test("assert double(3) == 3 * factor\nassert result == 4", "t", 1),
    )
    assert [d.role for d in drafts] == ["setup", "code", "setup", "solution", "code", "test"]
    assert "tests need 'factor'" in texts(drafts[2], "changed")


def test_what_an_earlier_test_defines_is_copied_with_what_that_needs() -> None:
    drafts = drafts_of(
        solution(DOUBLE, "a"),
        test("base = 4\ndata = [base, 5]\nassert double(1) == 2", "first", 1),
        test("assert double(data[0]) == 8", "second", 1),
    )
    assert drafts[2].source == "base = 4\ndata = [base, 5]\nassert double(data[0]) == 8"
    assert "the test first does with base, data is copied" in texts(drafts[2], "changed")


def test_a_state_that_an_earlier_test_keeps_needs_a_decision() -> None:
    drafts = drafts_of(
        solution("words = ['a']", "a"),
        test("before = list(words)\nassert words", "first", 1),
        solution("words.append('b')", "b"),
        test("assert words != before", "second", 1),
    )
    assert "what an earlier test keeps of words" in texts(drafts[3], "decision")


def test_a_star_import_may_make_the_names_that_nothing_else_makes() -> None:
    drafts = drafts_of(
        given("from helpers import *"),
        solution(DOUBLE, "a"),
        test("from more_helpers import *\nassert double(1) == two", "first", 1),
        test("assert double(other) == 4", "second", 1),
    )
    assert drafts[0].role == "setup"
    assert drafts[2].source.startswith("from more_helpers")
    assert drafts[3].source.startswith("from more_helpers import *\n")
    assert not any(texts(draft, "fault").count("no cell defines") for draft in drafts)


@pytest.mark.parametrize("line", ["from math import *", "%run utils.py", "%pylab inline"])
def test_what_may_make_any_name_is_a_setup_cell_and_no_test_is_said_to_make_it(line: str) -> None:
    drafts = drafts_of(
        given(line),
        solution("def f(x):\n    return scaled(x)", "f"),
        test("scaled(0)\nassert f(twice(1)) == 20", "t", 1),
        solution("def g(x):\n    return scaled(x)", "g"),
        test("assert g(1) == 10", "u", 1),
    )
    assert [one.role for one in drafts] == ["setup", "solution", "test", "solution", "test"]
    assert [texts(one, "fault") for one in drafts] == [""] * 5


@pytest.mark.parametrize(
    "line", ["plt.plot([1, 2])", "np.random.seed(1)", "plt.figure()\nplt.show()"]
)
def test_a_solution_that_calls_a_function_of_a_given_module_does_not_make_it(line: str) -> None:
    imports = "import numpy as np\nimport matplotlib.pyplot as plt\ndata = [1, 2]"
    drafts = drafts_of(
        locked(imports, "imports"),
        solution(f"{line}\nx = 3", "x"),
        test("assert x == data[1] + 1 and plt.gca() and np.ones(1)", "t", 1),
    )
    assert drafts[0].role == "setup"
    assert drafts[2].source == "assert x == data[1] + 1 and plt.gca() and np.ones(1)"


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("c = f()\nassert c() == 1", "assert c() == 2", ("t", "c")),
        ("f(board)", "assert board == [1]", ("t", "board")),
        ("board[0] += 1\nassert f", "assert board == [1]", ("t", "board")),
        ("board.append(3)\nassert f", "assert f(board)", ("t", "board")),
        ("assert f(x=board)", "assert board", ("t", "board")),
        ("assert board == []", "assert f(board)", ("", "")),
        ("assert f(1) == 1", "assert f(1) == 1", ("", "")),
        ("f(board)", "board[", ("", "")),
    ],
)
def test_a_variable_that_an_earlier_test_may_change_is_found(
    first: str, second: str, said: tuple[str, str]
) -> None:
    drafts = drafts_of(
        given("board = [0]"),
        solution("def f(x=0):\n    return g", "f"),
        test(first, "t", 1),
        test(second, "u", 1),
    )
    assert kept_state(drafts[3], drafts) == said


def test_what_hidden_lines_define_stays_hidden_where_it_is_copied() -> None:
    hidden = (
        "### BEGIN HIDDEN TESTS\nsecret = 21\nassert double(secret) == 42\n### END HIDDEN TESTS"
    )
    drafts = drafts_of(
        solution(DOUBLE, "a"),
        test(f"assert double(1) == 2\n{hidden}", "first", 1),
        test("assert double(secret) == 42", "second", 1),
    )
    kinds = line_kinds(drafts[2].source)
    assert kinds == ["marker", "hidden", "hidden", "marker"]
    assert "secret = 21" in drafts[2].source


def test_a_copy_that_only_hidden_lines_need_goes_below_their_marker() -> None:
    drafts = drafts_of(
        solution(DOUBLE, "a"),
        test("data = [3]\nassert double(1) == 2", "first", 1),
        test(
            "assert double(2) == 4\n### BEGIN HIDDEN TESTS\nassert double(data[0]) == 6\n"
            "### END HIDDEN TESTS",
            "second",
            1,
        ),
    )
    lines = drafts[2].source.split("\n")
    assert lines[1:3] == ["### BEGIN HIDDEN TESTS", "data = [3]"]


def test_a_variable_that_two_given_cells_make_is_copied_and_named() -> None:
    drafts = drafts_of(
        solution(DOUBLE, "a"),
        given("data = 1"),
        test("assert double(data) == 2", "first", 1),
        given("data = 5"),
        test("assert double(data) == 10", "second", 1),
    )
    assert [draft.role for draft in drafts[1::2]] == ["code", "code"]
    assert drafts[2].source.startswith("data = 1\n")
    assert drafts[4].source.startswith("data = 5\n")
    assert "it makes data anew" in texts(drafts[3], "fault")


def test_a_solution_that_uses_a_tests_variable_gets_a_setup_cell_and_a_note() -> None:
    drafts = drafts_of(
        solution(DOUBLE, "a"),
        test("points = [1, 2]\nassert double(1) == 2", "first", 1),
        solution("total = sum(map(double, points))", "b"),
        test("assert total == 6", "second", 1),
    )
    assert [draft.role for draft in drafts] == ["solution", "test", "setup", "solution", "test"]
    assert drafts[2].source == "points = [1, 2]"
    assert "uses points, which only a test defines" in texts(drafts[3], "fault")


def test_a_solution_that_uses_a_hidden_tests_variable_needs_a_decision() -> None:
    hidden = "### BEGIN HIDDEN TESTS\nsecret = 21\n### END HIDDEN TESTS"
    drafts = drafts_of(
        solution(DOUBLE, "a"),
        test(f"assert double(1) == 2\n{hidden}", "first", 1),
        solution("total = double(secret)", "b"),
    )
    assert "secret is defined by a hidden test" in texts(drafts[2], "decision")
    assert len(drafts) == 3  # a new cell would show it


# ---- markers and regions -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("# BEGIN HIDDEN TESTS", "changed"),  # nbgrader takes it, hwlib needs three #
        ("#### BEGIN HIDDEN TESTS ####", "changed"),
        ("### BEGIN HIDDEN TESTS (do not show)", "changed"),
        ("###BEGIN HIDDEN TEST", "fault"),  # nbgrader releases what follows
        ("### begin hidden tests", "fault"),
        ("### BEGIN HIDDEN", "fault"),
        ("# BEGIN HIDDEN TEST CASES", "fault"),
        ("### BEGIN_HIDDEN_TESTS", "fault"),
    ],
)
def test_markers_become_those_of_hwlib_and_those_that_leak_are_named(line: str, kind: str) -> None:
    end = line.replace("BEGIN", "END").replace("begin", "end")
    _, draft = drafts_of(
        solution(DOUBLE, "a"), test(f"assert double(1) == 2\n{line}\nassert 1\n{end}", "t", 1)
    )
    assert line_kinds(draft.source) == ["given", "marker", "hidden", "marker"]
    assert repr(line) in texts(draft, kind)
    other = "changed" if kind == "fault" else "fault"
    assert repr(line) not in texts(draft, other)


def test_a_course_may_have_markers_of_its_own() -> None:
    config = (
        'FROM = "ANSWER FROM"\nsolutions = c.ClearSolutions\n'
        "solutions.begin_solution_delimeter = FROM\n"
        'c["ClearSolutions"].end_solution_delimeter = "ANSWER TO"\n'
    )
    cell = solution("def f():\n    # ANSWER FROM HERE\n    return 1\n    # ANSWER TO HERE", "a")
    found = found_in_nbgrader(Path("ps1.ipynb"), notebook(cell))
    (draft,) = drafted(found, delimiters_in(config))
    assert line_kinds(draft.source) == ["given", "marker", "solution", "marker"]


def test_markers_in_prose_and_given_cells_lose_their_meaning_not_their_text() -> None:
    drafts = drafts_of(
        prose("Write between ### BEGIN SOLUTION and ### END SOLUTION."),
        given("x = 1  ### BEGIN SOLUTION"),
        solution(DOUBLE, "a"),
    )
    assert drafts[0].source == "Write between ### start of SOLUTION and ### end of SOLUTION."
    assert drafts[1].source == "x = 1  ### start of SOLUTION"


def test_code_in_front_of_a_marker_is_kept_in_the_region() -> None:
    (draft,) = drafts_of(solution("x = 1  ### BEGIN SOLUTION\ny = 2 ### END SOLUTION", "a"))
    assert draft.source == "### BEGIN SOLUTION\nx = 1\ny = 2\n### END SOLUTION"


@pytest.mark.parametrize(
    ("cell", "home"),
    [
        (given("### BEGIN HIDDEN TESTS\nassert f(3) == 9\n### END HIDDEN TESTS"), "test"),
        (given("### BEGIN SOLUTION\nsecret = 8765\n### END SOLUTION"), "solution"),
        (
            solution("x = 1\n### BEGIN HIDDEN TESTS\nassert x == 1\n### END HIDDEN TESTS", "a"),
            "test",
        ),
    ],
)
def test_a_region_in_a_cell_that_hides_nothing_needs_a_decision(
    cell: NotebookNode, home: str
) -> None:
    (draft,) = drafts_of(cell)
    (note,) = [note for note in draft.notes if note.kind == "decision"]
    assert "so students would get the lines below it" in note.text
    assert f"into a {home} cell" in note.remedy


def test_a_solution_without_a_region_is_one_as_a_whole() -> None:
    (draft,) = drafts_of(solution("%%time\ntotal = 3", "a"))
    assert draft.source == "### BEGIN SOLUTION\ntotal = 3\n### END SOLUTION"


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (
            "x = [\n    ### BEGIN SOLUTION\n    1,\n    ### END SOLUTION\n]\ny = 2",
            "### BEGIN SOLUTION\nx = [\n    1,\n]\n### END SOLUTION\ny = 2",
        ),
        (
            "def f(x):\n    try:\n        y = 1\n    ### BEGIN SOLUTION\n    except ValueError:\n"
            "        y = 2\n    ### END SOLUTION\n    return y",
            "def f(x):\n    ### BEGIN SOLUTION\n    try:\n        y = 1\n    except ValueError:\n"
            "        y = 2\n    ### END SOLUTION\n    return y",
        ),
    ],
)
def test_a_region_that_cuts_a_statement_grows_to_the_whole_of_it(source: str, wanted: str) -> None:
    (draft,) = drafts_of(solution(source, "a"))
    assert draft.source == wanted
    assert "stands inside a statement" in texts(draft, "fault")


def test_lines_below_hidden_tests_are_hidden_too() -> None:
    source = (
        "### BEGIN HIDDEN TESTS\nassert double(2) == 4\n### END HIDDEN TESTS\nassert double(1) == 2"
    )
    _, draft = drafts_of(solution(DOUBLE, "a"), test(source, "t", 1))
    assert line_kinds(draft.source) == ["marker", "hidden", "hidden", "marker"]


def test_an_open_region_needs_a_decision() -> None:
    (draft,) = drafts_of(solution("### BEGIN SOLUTION\nx = 1", "a"))
    assert draft.source.endswith("### END SOLUTION")
    assert "BEGIN SOLUTION without END SOLUTION" in texts(draft, "decision")


# ---- faults of the course ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "place", "words"),
    [
        (
            [solution("def f():\n    ### BEGIN SOLUTION\n    pass\n    ### END SOLUTION", "a")],
            0,
            "empty",
        ),
        ([solution("raise NotImplementedError()", "a")], 0, "empty"),
        ([solution(DOUBLE, "a"), test("print(double(2))", "t", 1)], 1, "no assertion"),
        ([solution("name = input('your name')", "a")], 0, "input()"),
        ([given("!pip install numpy")], 0, "network"),
        ([given("import requests")], 0, "network"),
        ([given("import pandas as pd\npd.read_csv('https://example.org/a.csv')")], 0, "network"),
        (
            [given("try:\n    import nobodys\nexcept OSError:\n    pass")],
            0,
            "nobodys, which is not",
        ),
        ([given("import a_package_of_nobody")], 0, "a_package_of_nobody, which is not installed"),
        ([given("from google.colab import drive")], 0, "google.colab, which only Colab has"),
        ([given("from google import colab as c")], 0, "google.colab, which only Colab has"),
        ([given("import google.nobodys.part")], 0, "google.nobodys, which is not installed"),
        ([given("open('/home/me/data.csv')")], 0, "on one machine only"),
        ([solution("x = 1", "a"), solution("y = 1", "a")], 1, "belongs to 2 cells"),
        ([test("assert double(1) == 2", "t", 1), solution(DOUBLE, "a")], 0, "only a cell below"),
        ([solution("x = 1", "a"), test("assert x == missing", "t", 1)], 1, "no cell defines"),
    ],
)
def test_what_the_course_got_wrong_is_named(
    cells: list[NotebookNode], place: int, words: str
) -> None:
    assert words in texts(drafts_of(*cells)[place], "fault")


@pytest.mark.parametrize(
    "source", ["2.5", "check_all(double)", "import unittest as u\nu.TestCase().assertEqual(1, 1)"]
)
def test_partial_points_and_other_checks_count_as_assertions(source: str) -> None:
    _, draft = drafts_of(solution(DOUBLE, "a"), test(source, "t", 3))
    assert "no assertion" not in texts(draft, "fault")


SUITE = """\
import doctest, unittest
class TestDouble(unittest.TestCase):
    def test_one(self):
        self.assertEqual(double(1), 2)
suite = unittest.defaultTestLoader.loadTestsFromTestCase(TestDouble)
"""


@pytest.mark.parametrize(
    ("run", "reads"),
    [
        ("unittest.main(argv=[''], exit=False)", ".result.wasSuccessful()"),
        ("unittest.main(argv=[''], exit=False, verbosity=2)", ".result.wasSuccessful()"),
        ("unittest.TextTestRunner(verbosity=2).run(suite)", ".wasSuccessful()"),
        ("doctest.testmod()", ".failed == 0"),
    ],
)
def test_a_suite_whose_result_nothing_reads_needs_a_decision(run: str, reads: str) -> None:
    for line in (run, f"found = {run}", f"if True:\n    {run}"):
        (draft,) = drafts_of(test(SUITE + line, "t", 1))
        assert "nothing reads their result" in texts(draft, "decision")
        (note,) = [one for one in draft.notes if one.kind == "decision"]
        assert reads in note.remedy
    for line in (f"assert {run}{reads}", f"found = {run}\nassert found{reads}"):
        (draft,) = drafts_of(test(SUITE + line, "t", 1))
        assert not draft.has(("decision",))


@pytest.mark.parametrize(
    "source",
    [
        "def ask():\n    return input('again?')",  # a test can put another `input` there
        "ask = lambda: input('again?')",
        "try:\n    import nobodys\nexcept ImportError:\n    nobodys = None",
        "try:\n    from nobodys.parts import x\nexcept (OSError, ModuleNotFoundError):\n    x = 1",
        "try:\n    import nobodys\nexcept:\n    pass",
    ],
)
def test_what_need_not_go_wrong_is_no_fault(source: str) -> None:
    (draft,) = drafts_of(given(source))
    assert not texts(draft, "fault")


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (
            "%%capture seen\nprint(double(2))",
            "with capture_output() as seen:\n    print(double(2))",
        ),
        ("%%capture\n\nx = double(2)", "with capture_output():\n    x = double(2)"),
        (
            "%%capture --no-stderr seen\ny = 1",
            "with capture_output(stderr=False) as seen:\n    y = 1",
        ),
        ("%%capture seen", "with capture_output() as seen:\n    pass"),
        ("%%time\nassert double(2) == 4", "assert double(2) == 4"),
    ],
)
def test_a_test_below_a_cell_magic_is_python(source: str, wanted: str) -> None:
    _, draft, later = drafts_of(
        solution(DOUBLE, "a"), test(source, "t", 1), test("assert '4' in seen.stdout", "u", 1)
    )
    assert draft.source.endswith(wanted)
    assert "%%" in texts(draft, "changed")
    if " as seen" in wanted:  # what a test makes is copied into those that use it
        assert "as seen:" in later.source


def test_a_module_beside_the_notebook_is_not_missing(tmp_path: Path) -> None:
    (tmp_path / "helpers_of_ps1.py").write_text("x = 1\n")
    (draft,) = drafts_of(given("import helpers_of_ps1"), folder=tmp_path)
    assert not draft.notes


# ---- kernels -------------------------------------------------------------------------------------

MINE = {"name": "conda-env-ml-py", "display_name": "Python [conda env:ml]", "language": "python"}
KERNELS: dict[str, tuple[Any, Any, str, str]] = {
    # kernelspec, language_info, language, what is said
    "ours": ({"name": "python3", "display_name": "Python 3"}, {"name": "python"}, "python", ""),
    "of an environment": (MINE, {"name": "python"}, "python", "conda-env-ml-py (Python [conda"),
    "of a version": ({"name": "python3.11"}, None, "python", "the kernel python3.11; it names"),
    "a title only": ({"display_name": "Python 3.11 (ml)"}, {}, "python", ""),
    "missing": (None, None, "python", ""),
    "empty": ({}, {}, "python", ""),
    "malformed": (["python3"], "python", "python", ""),
    "with nulls": ({"name": None, "language": 3}, {"name": []}, "python", ""),
    "Python 2": ({"name": "python2"}, {"name": "python", "version": "2.7.18"}, "python", "2.7.18"),
    "IPython": ({"name": "xpython"}, {"name": "ipython"}, "ipython", "kernel xpython; it"),
    "R": ({"name": "ir", "display_name": "R"}, {"name": "R"}, "R", ""),
    "R by its name": ({"name": "ir"}, {}, "R", ""),
    "Julia by its name": ({"name": "julia-1.10"}, None, "Julia", ""),
    "SageMath": ({"name": "sagemath-10.3", "language": "sage"}, None, "sage", ""),
}


@pytest.mark.parametrize("found", [found_in_nbgrader, found_in_otter])
@pytest.mark.parametrize(("kernel", "language", "wanted", "words"), KERNELS.values(), ids=KERNELS)
def test_a_kernel_of_any_name_is_python_unless_it_is_of_another_language(
    tmp_path: Path, found: Any, kernel: Any, language: Any, wanted: str, words: str
) -> None:
    saved = notebook(solution("x = 1", "x"))
    told = {"kernelspec": kernel, "language_info": language}
    saved.metadata = nbformat.from_dict({key: one for key, one in told.items() if one is not None})
    (tmp_path / "ps1.ipynb").write_text(json.dumps(saved), encoding="utf-8")
    one = found(tmp_path / "ps1.ipynb", read_notebook(tmp_path / "ps1.ipynb"))
    assert one.language == wanted
    assert one.is_python == wanted.endswith("python")
    said = " ".join(note.text for note in one.notes)
    assert (words in said) if words else not said


@pytest.mark.parametrize("found", [found_in_nbgrader, found_in_otter])
def test_metadata_that_notebook_py_has_no_place_for_are_named_once(
    tmp_path: Path, found: Any
) -> None:
    """As Colab and JupyterLab save them; what only they read is not told."""
    form = given("a = 1")
    form.metadata |= {"cellView": "form", "id": "x1", "colab": {"height": 3}, "tags": ["a"]}
    hidden = given("b = 1")
    hidden.metadata |= {"cellView": "form", "jupyter": {"source_hidden": True}, "deletable": False}
    saved = notebook(form, hidden, locked("c = 1", "c"))
    saved.cells[2].metadata["deletable"] = False
    saved.metadata |= {"accelerator": "GPU", "colab": {"provenance": [], "gpuType": "T4"}}
    saved.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}
    (note,) = found(tmp_path / "ps1.ipynb", saved).notes
    assert note.text == (
        "ps1.ipynb: metadata that are not taken over: accelerator; colab.gpuType; "
        "cellView (2 cells); deletable (1 cell); jupyter.source_hidden (1 cell)"
    )
    assert not found(tmp_path / "ps1.ipynb", notebook(given("a = 1"))).notes


# ---- nothing is dropped --------------------------------------------------------------------------

CELLS = [
    prose("# Title\n%% not a cell\nIn[3]: neither"),
    raw("raw text"),
    given("import math\n# %% not a cell\n# In[2]:"),
    given("this is not Python"),
    given("%%bash\nls"),
    locked("limit = math.pi", "limit"),
    solution(DOUBLE, "double"),
    solution("", "nothing"),
    solution("x = (\n### BEGIN SOLUTION\n1\n### END SOLUTION\n)", "x"),
    solution("not Python either", "broken"),
    test("assert double(1) == 2\nseen = limit", "t1", 2),
    test("assert seen > 3", "t2", 0),
    test("", "t3", 1),
    test("### BEGIN HIDDEN TESTS\nassert x == 1", "t4", 1.5),
    answer("Because.", "why", 2),
]


def chosen(numbers: list[int]) -> list[NotebookNode]:
    """These cells, each with an id of its own."""
    found = [deepcopy(CELLS[number]) for number in numbers]
    for place, cell in enumerate(found):
        cell["id"] = f"cell-{place}"
    return found


@with_examples(st.lists(st.sampled_from(range(len(CELLS))), max_size=12))
@settings(max_examples=60, deadline=None)
def test_every_cell_becomes_one_cell_in_the_same_order(numbers: list[int]) -> None:
    cells = chosen(numbers)
    drafts = drafts_of(*deepcopy(cells))
    old = [draft for draft in drafts if "this cell is new" not in texts(draft, "changed")]
    assert [draft.place for draft in old] == [
        f"ps1.ipynb, cell {number}" for number in range(1, len(cells) + 1)
    ]
    for cell, draft in zip(cells, old, strict=True):
        kept = {line.strip("# ") for line in draft.source.split("\n")}
        for line in cell.source.split("\n"):
            assert not line.strip() or "###" in line or line.strip("# ") in kept


@with_examples(st.lists(st.sampled_from(range(len(CELLS))), min_size=1, max_size=12))
@settings(max_examples=30, deadline=None)
def test_what_is_written_can_be_read_or_says_what_is_wrong(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[int]
) -> None:
    path = tmp_path_factory.getbasetemp() / "notebook.py"
    drafts = drafts_of(*chosen(numbers))
    path.write_text(notebook_text(drafts), encoding="utf-8")
    try:
        parsed = parse_notebook(path)
    except AuthoringError as error:
        assert error.line
        return
    assert [cell.name for cell in parsed.cells] == [draft.name for draft in drafts]


# ---- old notebooks -------------------------------------------------------------------------------


@pytest.mark.parametrize("schema", [0, 1, 2, 3])
def test_metadata_of_every_schema_is_read(schema: int) -> None:
    cell = test("assert True", "t", 3)
    settings_of = cell.metadata["nbgrader"]
    settings_of["schema_version"] = schema
    if schema < 3:
        del settings_of["task"]
    if schema == 0:
        del settings_of["schema_version"]
        settings_of["points"] = "3"
    read = found_in_nbgrader(Path("ps1.ipynb"), notebook(solution(DOUBLE, "a"), cell))
    found = read.cells[1]
    assert (found.role, found.grade_id, found.points) == ("test", "t", 3.0)
    assert [f"had schema {schema}," in note.text for note in read.notes] == [True] * (schema != 3)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
KEYS = ["schema_version", "grade", "solution", "locked", "task", "points", "grade_id", "cell_type"]


@with_examples(JSON | st.dictionaries(st.sampled_from(KEYS), JSON))
@settings(max_examples=30, deadline=None)
def test_damaged_metadata_costs_no_cell_and_no_points_without_a_word(damaged: Any) -> None:
    cell = test("assert double(1) == 2", "t", 3)
    if isinstance(damaged, dict) and damaged.keys() <= set(KEYS):
        cell.metadata["nbgrader"].update(from_dict(damaged))
    else:
        cell.metadata["nbgrader"] = from_dict(damaged)
    wanted = cell.metadata["nbgrader"]
    (draft,) = drafts_of(cell)
    if not isinstance(wanted, dict):
        assert "where a dictionary is expected" in texts(draft, "decision")
    elif wanted.get("grade") and wanted.get("points"):
        points = wanted["points"]
        assert draft.points == points or "points" in texts(draft, "decision")


def test_code_that_a_human_grades_and_written_answers_keep_their_points() -> None:
    drafts = drafts_of(manual("plot()", "figure", 3), answer("Because.", "why", 2))
    assert [(draft.role, draft.points) for draft in drafts] == [("manual", 3), ("answer", 2)]
    assert drafts[1].source == "### BEGIN SOLUTION\nBecause.\n### END SOLUTION"
