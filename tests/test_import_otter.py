"""Notebooks of otter become cells of notebook.py: solutions, prompts, test cases and points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import needs
import numpy as np
import pytest
import yaml
from hypothesis import given as drawn
from hypothesis import settings as settings_of
from hypothesis import strategies as st
from nbformat import NotebookNode
from old_courses import case, given, named, notebook, prose, raw

from hwlib import checks
from hwlib.grading.authoring.importing.drafting import drafted
from hwlib.grading.authoring.importing.found import Draft
from hwlib.grading.authoring.importing.otter_cases import Case, case_of, composed, shared_points
from hwlib.grading.authoring.importing.otter_notebooks import (
    FAILED,
    found_in_otter,
    is_otter,
    runnable,
)
from hwlib.grading.authoring.importing.otter_solutions import with_regions
from hwlib.grading.cells import as_released, line_kinds
from hwlib.grading.parts import parts_of

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


def drafts_of(*cells: NotebookNode) -> list[Draft]:
    """What these cells of otter's become in notebook.py."""
    return named(drafted(found_in_otter(Path("hw") / "hw.ipynb", notebook(*cells))))


def question(settings: str, *cells: NotebookNode, tests: tuple[NotebookNode, ...] = ()) -> Any:
    """The cells of a question, with otter's raw cells around them."""
    around = [raw(f"# BEGIN QUESTION\n{settings}"), raw("# BEGIN SOLUTION"), *cells]
    around.append(raw("# END SOLUTION"))
    if tests:
        around += [raw("# BEGIN TESTS"), *tests, raw("# END TESTS")]
    return [*around, raw("# END QUESTION")]


# ---- solutions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("x = 5 # SOLUTION", f"# x = ...\n{BEGIN}\nx = 5\n{END}"),
        ("a, b = 1, 2  # SOLUTION", f"# a, b = ...\n{BEGIN}\na, b = 1, 2\n{END}"),
        ("print(x)  # SOLUTION", f"{BEGIN}\nprint(x)\n{END}"),
        ("x = 5 # SOLUTION NO PROMPT\ny = 1", f"{BEGIN}\nx = 5\n{END}\ny = 1"),
        (
            "def f():\n    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION",
            f"def f():\n    {BEGIN}\n    return 1\n    {END}",
        ),
        ("# BEGIN SOLUTION NO PROMPT\nx = 1\n# END SOLUTION", f"{BEGIN}\nx = 1\n{END}"),
        (
            '""" # BEGIN PROMPT\nx = ...\n""" # END PROMPT\nx = 3 # SOLUTION NO PROMPT',
            f"# x = ...\n{BEGIN}\nx = 3\n{END}",
        ),
        ("x = 1\n# BEGIN IGNORE\ny = 1\n# END IGNORE", f"x = 1\n{BEGIN}\ny = 1\n{END}"),
        ("np.random.seed(1) # SEED", f"{BEGIN}\nnp.random.seed(1)\n{END}"),
        (
            "x = 1 # SOLUTION NO PROMPT\ny = 2 # SOLUTION NO PROMPT",
            f"{BEGIN}\nx = 1\ny = 2\n{END}",
        ),
    ],
)
def test_otters_marks_of_solutions_become_regions(source: str, wanted: str) -> None:
    assert with_regions(source) == wanted


MARKED = (
    ["x = 1"],
    ["# a SOLUTION of no mark"],
    ["x = 2 # SOLUTION"],
    ["x = 3 #SOLUTION"],
    ["x, y = 4, 5  # SOLUTION: because"],
    ["print(x) # SOLUTION (a print)"],
    ["x = 5 # SOLUTION NO PROMPT"],
    ["x = 6 # SEED"],
    ["x = 7 # IGNORE"],
    ["# BEGIN SOLUTION", "x = 8", "# END SOLUTION"],
    ["# BEGIN SOLUTION NO PROMPT", "x = 9", "# END SOLUTION"],
    ["# BEGIN SOLUTION: two lines", "x = 10", "x = 11 # END SOLUTION"],
    ["# begin ignore", "x = 12", "# END IGNORE"],
)


@drawn(st.lists(st.sampled_from(MARKED), min_size=1, max_size=4))
@settings_of(max_examples=60, deadline=None)
def test_students_get_no_line_that_otter_hides_and_all_others(blocks: list[list[str]]) -> None:
    needs.module("otter")
    from otter.assign.solutions import remove_ignored_lines, replace_solutions

    lines = [line for block in blocks for line in block]
    kept = remove_ignored_lines(replace_solutions(lines, "python"))
    theirs = [line for line in kept if "..." not in line]
    shown, hidden = list[str](), False
    for line in with_regions("\n".join(lines)).split("\n"):
        if line in (BEGIN, END):
            hidden = line == BEGIN
        elif not hidden and not line.endswith(" = ..."):
            shown.append(line)
    assert shown == theirs


# ---- cells ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [prose, raw, given])
@pytest.mark.parametrize("mark", ["## Ignore ##", "# IGNORE", "#ignore this"])
def test_a_cell_that_otter_ignores_reaches_no_student_and_is_told(kind: Any, mark: str) -> None:
    saved = notebook(
        kind(f"{mark}\nfor staff only"), *question("name: q1", given("x = 1 # SOLUTION"))
    )
    found = found_in_otter(Path("hw.ipynb"), saved)
    assert "staff" not in "".join(cell.source for cell in found.cells)
    assert [note.text for note in found.notes] == [
        "hw.ipynb, cell 1: an ignored cell, which is left out, as otter leaves it out"
    ]


@pytest.mark.parametrize("before", ["", "Text with ![it](attachment:a.png).\n\n"])
@pytest.mark.parametrize("after", ["", "\n\nWhat is *x*?"])
def test_blocks_named_otter_are_found_wherever_they_stand_in_a_cell(
    before: str, after: str
) -> None:
    def fenced(text: str) -> NotebookNode:
        cell = prose(f"{before}```otter\n{text}\n```{after}")
        cell.metadata["tags"] = ["kept"]
        cell.attachments = NotebookNode({"a.png": {"image/png": "AAAA"}})
        return cell

    saved = notebook(
        fenced("# ASSIGNMENT CONFIG\nfiles: a.csv"),
        fenced("# BEGIN QUESTION\nname: q1\npoints: 3\nexport: true"),
        fenced("# BEGIN SOLUTION"),
        given("x = 1 # SOLUTION"),
        fenced("# END SOLUTION\n```\n```otter\n# BEGIN TESTS"),
        case("x", "1"),
        fenced("# END TESTS"),
        fenced("# END QUESTION"),
    )
    assert is_otter(saved)
    found = found_in_otter(Path("hw.ipynb"), saved)
    assert found.files == ("a.csv",)
    assert [(one.grade_id, one.points) for one in found.cells if one.role == "test"] == [("q1", 3)]
    texts = [one for one in found.cells if one.cell_type == "markdown"]
    assert {one.source for one in texts} == {one.strip() for one in (before, after)} - {""}
    assert all(one.tags == ("kept",) for one in texts)
    assert all(bool(one.attachments) == ("attachment:" in one.source) for one in texts)
    assert "the question's settings export are not taken over" in found.notes[0].text


# ---- test cases ----------------------------------------------------------------------------------


def outcome_of(source: str, **names: Any) -> bool:
    """Whether a test passes."""
    try:
        exec(source, dict(names))
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize(
    ("source", "value", "right", "wrong"),
    [
        ("x == 3", "True", 3, 4),
        ("x > 3", "False", 3, 4),
        ("x(2)", "True", lambda n: True, lambda n: 1),  # what only looks true shows as 1
        ("x + 1", "4", 3, 4),
        ("y = x\ny", "'a'", "a", "b"),
        ("x", "[1, 2.5]", [1, 2.5], [1, 2]),
        ("x, x + 1", "(3, 4)", 3, 4),  # what binds less tightly than ==
        ("*x, 1", "(2, 3, 1)", [2, 3], [2, 4]),
        ("x if x else 0", "3", 3, 4),
        ("x or 5", "5", 0, 4),
        ("(y := x)", "3", 3, 4),
        ("not x or 4", "4", 1, 0),
        ("x < 3 or 4", "4", 5, 2),
        ("x &\\\n1", "1", 3, 4),
        ("-x", "-3", 3, 4),
        ("x ** 2", "9", 3, 4),
        ("[i for i in x]", "[1]", [1], [2]),
        ("x", "np.float64(2.5)", 2.5, 2.0),
        ("x", "{'a', 'b'}", {"b", "a"}, {"a"}),
        ("x", "range(0, 3)", range(3), range(4)),
        ("x", "np.True_", True, False),  # shown so by NumPy 2; a plain True is right, too
        ("x", "np.False_", np.bool_(False), True),
        ("x > 1", "np.True_", np.float64(2.5), 0),
    ],
)
def test_a_case_compares_the_value_that_the_solution_shows(
    source: str, value: str, right: Any, wrong: Any
) -> None:
    found = case_of(source, case(source, value).outputs)
    assert outcome_of(found.source, x=right)
    assert not outcome_of(found.source, x=wrong)


@pytest.mark.parametrize(
    ("source", "value", "printed"),
    [
        ("f(1)", "2", ""),
        ("f(1) # one", "2", ""),
        ("f('é') == 2;f(1)", "2", ""),
        ("print(f(1))", "", "2\n"),
        ("f(\n  1\n) == 2", "True", ""),
    ],
)
def test_the_failure_message_of_a_case_is_what_its_assertion_says(
    source: str, value: str, printed: str
) -> None:
    config = '""" # BEGIN TEST CONFIG\nfailure_message: it\'s "f"\n""" # END TEST CONFIG\n'
    outputs = case(source, value, printed=printed).outputs
    found = case_of(config + source, outputs)
    exec(found.source, {"f": lambda x: 2})
    with pytest.raises(AssertionError, match='it\'s "f"'):
        exec(found.source, {"f": lambda x: 3})


def test_a_case_compares_what_is_printed() -> None:
    source = "for i in range(2):\n    print(f(i))"
    found = case_of(source, case(source, printed="0\n2\n").outputs)
    assert outcome_of(found.source, f=lambda i: 2 * i)
    assert not outcome_of(found.source, f=lambda i: i)


@pytest.mark.parametrize(
    ("source", "hidden", "points"),
    [
        ("# HIDDEN\nf(1)", True, None),
        ("# Hidden test\nf(1)", True, None),
        ('""" # BEGIN TEST CONFIG\npoints: 2\nhidden: true\n""" # END TEST CONFIG\nf(1)', True, 2),
        ('""" # BEGIN TEST CONFIG\npoints: 2\n""" # END TEST CONFIG\nf(1)', False, 2),
        ("f(1)", False, None),
        ("# the first one\nf(1)", False, None),
    ],
)
def test_what_a_case_says_of_itself_is_read(source: str, hidden: bool, points: float) -> None:
    found = case_of(source, ())
    assert (found.hidden, found.points) == (hidden, points)
    assert found.source.endswith("f(1)")
    assert "CONFIG" not in found.source


def test_a_case_that_raises_is_its_own_statements() -> None:
    source = 'def test_f(env):\n    f = env["f"]\n    assert f(2) == 4\ntest_f(globals())'
    assert case_of(source, ()).source == "f = f\nassert f(2) == 4"


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (None, [None, None]),
        (None, [None, None, None]),
        (None, [2, None]),
        (None, [0, None]),
        (3, [None, 1, None]),
        (2.5, [None]),
        ([1, 0, 2.5], [None, None, None]),
        (4, [4.0, None]),
    ],
)
def test_points_are_shared_by_otters_own_rule(points: Any, said: list[float | None]) -> None:
    needs.module("otter")
    from otter.test_files.abstract_test import TestCase, TestFile

    theirs = TestFile.resolve_test_file_points(
        points, [TestCase("", "", False, one, None, None) for one in said]
    )
    ours = shared_points(points, [Case("", False, one) for one in said])
    assert ours == pytest.approx([one.points for one in theirs])


@pytest.mark.parametrize("count", [3, 6, 7, 11])
def test_parts_are_worth_what_the_question_is(count: int) -> None:
    cases = [Case("assert x", False)] * count
    parts = parts_of(composed(cases, shared_points(None, cases), whole=False))
    assert sum(part.points for part in parts) == pytest.approx(1, abs=1e-9)


def test_cases_are_parts_and_hidden_ones_are_hidden() -> None:
    cases = [Case("assert x", False), Case("assert y", True), Case("assert z", True)]
    source = composed(cases, [1, 0.5, 0.5], whole=False)
    assert [(part.points, part.hidden) for part in parts_of(source)] == [
        (1.0, False),
        (0.5, True),
        (0.5, True),
    ]
    assert as_released(source) == 'with check.part(1, "case 1"):\n    assert x'
    assert line_kinds(source).count("marker") == 2


def test_all_or_nothing_is_one_test_with_its_hidden_cases_last() -> None:
    cases = [Case("assert y", True), Case("assert x", False)]
    assert composed(cases, [1, 1], whole=True).split("\n") == [
        "assert x",
        "### BEGIN HIDDEN TESTS",
        "assert y",
        "### END HIDDEN TESTS",
    ]


# ---- notebooks -----------------------------------------------------------------------------------


def test_a_question_becomes_a_solution_and_a_test_in_parts() -> None:
    drafts = drafts_of(
        raw("# ASSIGNMENT CONFIG\nfiles:\n  - data.csv"),
        prose("# Doubles"),
        *question(
            "name: q1\npoints: [1, 2]",
            given("double = lambda x: 2 * x # SOLUTION"),
            tests=(case("double(1)", "2"), case("# HIDDEN\ndouble(4) == 8", "True")),
        ),
    )
    assert [draft.role for draft in drafts] == ["prose", "solution", "test"]
    assert (drafts[1].name, drafts[2].name, drafts[2].points) == ("double", "double-q1", None)
    assert [part.points for part in parts_of(drafts[2].source)] == [1.0, 2.0]


def test_questions_for_humans_keep_their_points_and_prompts() -> None:
    drafts = drafts_of(
        raw("# BEGIN QUESTION\nname: q1\nmanual: true\npoints: 4"),
        prose("Why?"),
        raw("# BEGIN PROMPT"),
        prose("_Type here._"),
        raw("# END PROMPT"),
        raw("# BEGIN SOLUTION"),
        prose("Because."),
        raw("# END SOLUTION"),
        raw("# END QUESTION"),
        *question("name: q2\nmanual: true\npoints: 3", given("plot(3) # SOLUTION")),
    )
    assert [(d.role, d.name, d.points) for d in drafts[2:]] == [
        ("answer", "q1", 4),
        ("manual", "q2", 3),
    ]
    assert drafts[2].source == f"{BEGIN}\nBecause.\n{END}"


def test_the_older_format_in_markdown_is_read() -> None:
    cells = [
        prose("Double it.\n\n<!--\nBEGIN QUESTION\nname: q1\npoints: 2\n-->"),
        given("y = 2 * 3 # SOLUTION"),
        case("## Test ##\ny > 0", "True"),
        case("## Hidden Test ##\ny", "6"),
        prose("The end"),
    ]
    assert is_otter(notebook(*cells))
    drafts = drafts_of(*cells)
    assert [draft.role for draft in drafts] == ["prose", "solution", "test", "prose"]
    assert drafts[0].source == "Double it."
    assert [(part.points, part.hidden) for part in parts_of(drafts[2].source)] == [
        (1.0, False),
        (1.0, True),
    ]


def test_the_older_settings_of_an_assignment_are_no_prose() -> None:
    cells = (
        prose("```\nBEGIN ASSIGN\nexport_cell: true\nfiles:\n  - data.csv\n```"),
        *question("name: q", given("y = 1 # SOLUTION")),
    )
    found = found_in_otter(Path("hw") / "hw.ipynb", notebook(*cells))
    assert found.files == ("data.csv",)
    assert [cell.role for cell in found.cells] == ["solution"]
    assert "settings export_cell are not taken over" in found.notes[0].text


def test_a_manual_question_without_a_solution_keeps_its_points() -> None:
    cells = (
        raw("# BEGIN QUESTION\nname: q2\nmanual: true\npoints: 4"),
        prose("Why?"),
        raw("# BEGIN PROMPT"),
        prose("_Write here._"),
        raw("# END PROMPT"),
        raw("# END QUESTION"),
    )
    found = found_in_otter(Path("hw") / "hw.ipynb", notebook(*cells))
    assert [(one.role, one.grade_id, one.points) for one in found.cells][-1] == ("answer", "q2", 4)


def test_a_case_that_shows_nothing_compares_with_none_if_it_was_run() -> None:
    assert case_of("nothing(3)", (), is_run=True).source == "assert nothing(3) is None"
    assert case_of("nothing(3)", ()).source == "nothing(3)"
    for source in ("print(f(3))", "np.testing.assert_equal(f(3), 3)", "x = f(3)", "plt.show()"):
        assert case_of(source, (), is_run=True).source == source


def test_a_test_in_which_the_courses_own_solution_fails_needs_a_decision() -> None:
    failing = given("f(3)")
    failing.metadata[FAILED] = "NameError: name 'np' is not defined"
    cells = question("name: q\npoints: 1", given("y = 1 # SOLUTION"), tests=(failing,))
    found = found_in_otter(Path("hw") / "hw.ipynb", notebook(*cells))
    (note,) = [one for one in found.notes if one.kind == "decision"]
    assert "(NameError: name 'np' is not defined), so it compares nothing" in note.text


def test_what_calls_otter_is_not_run() -> None:
    source = "import otter\ngrader = otter.Notebook('hw.ipynb')\nimport numpy as np"
    (cell,) = runnable(notebook(given(source))).cells
    assert cell.source == (
        "# import otter\n# grader = otter.Notebook('hw.ipynb')\nimport numpy as np"
    )


# what people may have written where otter expects a number, a list or a text
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)
_BLOCKS = st.text(max_size=30) | st.dictionaries(
    st.sampled_from(["name", "points", "manual", "hidden", "files", "all_or_nothing"]), _VALUES
).map(yaml.safe_dump)


@settings_of(deadline=None)
@drawn(settings=_BLOCKS, of_question=_BLOCKS, of_case=_BLOCKS)
def test_whatever_settings_say_no_cell_is_lost_and_points_are_right_or_named(
    settings: str, of_question: str, of_case: str
) -> None:
    cells = (
        raw(f"# ASSIGNMENT CONFIG\n{settings}"),
        *question(
            of_question,
            given("y = 1 # SOLUTION"),
            tests=(
                case("y", "1"),
                case(f'""" # BEGIN TEST CONFIG\n{of_case}\n""" # END TEST CONFIG\ny > 0', "True"),
            ),
        ),
    )
    found = found_in_otter(Path("hw") / "hw.ipynb", notebook(*cells))
    assert [cell.role for cell in found.cells][1:] == ["test"]
    worth = sum(part.points for part in parts_of(found.cells[1].source))
    worth = worth or found.cells[1].points or 0.0
    assert worth >= 0
    is_named = any(note.kind == "decision" for note in found.notes)
    try:
        asked = yaml.safe_load(of_question)
        points = asked.get("points") if isinstance(asked, dict) else None
    except (yaml.YAMLError, ValueError):
        points = "?"
    if isinstance(points, int | float) and not is_named and not isinstance(points, bool):
        own = isinstance(yaml.safe_load(of_case), dict) and "points" in yaml.safe_load(of_case)
        assert worth == pytest.approx(points, abs=1e-5) or own
    assert is_named or not isinstance(points, bool)


@pytest.mark.parametrize(
    ("points", "own", "words"),
    [
        ("two", "", "it is worth 'two' points"),
        ("-1", "", "it is worth -1 points"),
        ("[1, 2, 3]", "", "for 3 test cells, and there are 2, which otter refuses"),
        ("1", "points: 3", "are worth 3 points, and the question 1, which otter refuses"),
        ("2", "points: many", "it is worth 'many' points"),
        (": 3", "", "not valid YAML"),
        ("2", "a: : b", "not valid YAML"),
    ],
)
def test_points_that_otter_refuses_need_a_decision(points: str, own: str, words: str) -> None:
    config = f'""" # BEGIN TEST CONFIG\n{own}\n""" # END TEST CONFIG\n'
    cells = question(
        f"name: q1\npoints: {points}",
        given("y = 1 # SOLUTION"),
        tests=(case("y", "1"), case(f"{config}y > 0", "True")),
    )
    (note,) = found_in_otter(Path("hw") / "hw.ipynb", notebook(*cells)).notes
    assert note.kind == "decision" and words in note.text and note.text.startswith("hw.ipynb, cell")


PLUGIN = "# BEGIN PLUGIN{export}\nplugin: a.Limit\nargs:\n  - 3\n# END PLUGIN"


@pytest.mark.parametrize("kind", [raw, given])
@pytest.mark.parametrize("export", ["", " EXPORT"])
@pytest.mark.parametrize(("before", "after"), [("", ""), ("x = 1\n", "\ny = 2")])
def test_a_block_that_runs_a_plugin_is_a_comment_and_is_told(
    kind: Any, export: str, before: str, after: str
) -> None:
    block = PLUGIN.format(export=export)
    cells = kind(f"{before}{block}{after}"), *question("name: q1", given("x = 1 # SOLUTION"))
    found = found_in_otter(Path("hw.ipynb"), notebook(*cells))
    assert found.cells[0].source == f"{before}# a plugin of otter: a.Limit{after}"
    assert [note.text for note in found.notes] == [
        "hw.ipynb, cell 1: otter's plugins are not run: a.Limit"
    ]


def test_a_test_has_the_tags_of_all_its_cells() -> None:
    """Those of the older format, too."""
    tests = [case("x", "1"), case("x + 1", "2"), case("x + 2", "3")]
    for cell, tags in zip(tests, (["a"], [], ["b", "a"]), strict=True):
        cell.metadata["tags"] = tags
    found = drafts_of(*question("name: q1", given("x = 1 # SOLUTION"), tests=tuple(tests)))
    assert [one.tags for one in found if one.role == "test"] == [("a", "b")]
    for cell in tests:
        cell.source = f"# TEST\n{cell.source}"
    header = prose("```\nBEGIN QUESTION\nname: q1\n```")
    found = drafts_of(header, given("x = 1 # SOLUTION"), *tests)
    assert [one.tags for one in found if one.role == "test"] == [("a", "b")]


def test_lines_that_call_otter_are_comments() -> None:
    (draft, *_) = drafts_of(
        given('import otter\ngrader = otter.Notebook()\nx = 1\ngrader.check("q1")'),
        *question("name: q", given("y = 1 # SOLUTION")),
    )
    assert [line for line in draft.source.split("\n") if not line.startswith("#")] == ["x = 1"]


@pytest.mark.parametrize(("x", "earned"), [(1, 3), (2, 2), (0, 0)])
def test_each_case_earns_its_own_points(x: int, earned: float) -> None:
    source = composed([Case("assert x == 1", False), Case("assert x", False)], [1, 2], whole=False)
    exec(source, {"check": checks, "x": x})
    assert checks.earned() == earned
