"""Reading notebook.py: what a cell is, and every fault with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from courses import MEANS, make_course
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwlib.errors import AuthoringError, CourseError
from hwlib.grading.authoring.build import build
from hwlib.grading.authoring.reading import load_notebook, parse_notebook
from hwlib.grading.authoring.written import ParsedNotebook
from hwlib.grading.cells import line_kinds

# 5 lines
SOLUTION = (
    '# %% solution="f"\ndef f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION\n'
)
ANSWER = (
    '# %% [markdown] answer="why" points=1\n# Why?\n#\n# ### BEGIN SOLUTION\n# So.\n'
    "# ### END SOLUTION\n"
)


def parse(folder: Path, text: str) -> ParsedNotebook:
    path = folder / "small" / "notebook.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return parse_notebook(path)


def test_every_header_gives_its_role(tmp_path: Path) -> None:
    cells = parse(tmp_path, MEANS).cells
    assert [(cell.role, cell.name, cell.points, cell.cell_type) for cell in cells] == [
        ("prose", "", None, "markdown"),
        ("setup", "", None, "code"),
        ("prose", "", None, "markdown"),
        ("solution", "mean", None, "code"),
        ("test", "mean", 3.0, "code"),
        ("experiment", "", None, "code"),
        ("prose", "", None, "markdown"),
        ("answer", "why", 2.0, "markdown"),
    ]


def test_a_header_without_words_is_given_code(tmp_path: Path) -> None:
    assert [cell.role for cell in parse(tmp_path, "# %%\nx = 1\n").cells] == ["code"]


def test_source_line_points_at_the_first_line_of_the_source(tmp_path: Path) -> None:
    text = (
        '# %%\n\n\nx = 1\n\n# %% [markdown]\n"""\nA text.\n"""\n\n# %% [markdown]\n'
        "# Another text.\n"
    )
    lines = text.split("\n")
    for cell in parse(tmp_path, text).cells:
        source = cell.source.split("\n")
        # statements without a region get one: its markers stand in no line of the file
        first = source[0] == "### BEGIN SOLUTION" and source[0] not in lines[cell.line]
        assert source[first] in lines[cell.lines[first] - 1]


def test_comments_and_a_jupytext_header_above_the_first_cell_stay_with_the_instructor(
    tmp_path: Path,
) -> None:
    text = (
        '# ---\n# jupyter:\n#   jupytext:\n#     cell_markers: \'"""\'\n# ---\n'
        "# my own notes\n\n# %%\nx = 1\n"
    )
    assert [(cell.source, cell.line) for cell in parse(tmp_path, text).cells] == [("x = 1", 8)]


def test_a_header_inside_a_string_is_no_header(tmp_path: Path) -> None:
    text = '# %%\ntext = """\n# %% setup\n"""\n'
    assert [cell.source for cell in parse(tmp_path, text).cells] == ['text = """\n# %% setup\n"""']


def test_magics_are_no_syntax_errors_and_comments_stay_comments(tmp_path: Path) -> None:
    text = (
        "# %% setup\n%matplotlib inline\n# ls is a command, this is not\nif True:\n"
        "    %pip list\n!ls\nfiles = !ls\n"
    )
    assert parse(tmp_path, text).cells[0].source == text.partition("\n")[2].strip()


def test_a_test_may_be_named_after_a_method_a_variable_or_a_function_of_a_given_cell(
    tmp_path: Path,
) -> None:
    defined = (
        "# %%\nclass A:\n    def method(self): pass\nasync def later(): pass\n"
        "for i in range(3):\n    a, (b, *c) = 1, (2, 3)\n"
    )
    tests = "".join(
        f'# %% test="{name}" points=0\n'
        for name in ("A", "method-twice", "later", "i", "a", "b", "c")
    )
    assert len(parse(tmp_path, defined + tests).cells) == 8


def test_a_test_may_be_named_after_a_model_that_is_handed_in(tmp_path: Path) -> None:
    toml = 'title = "S"\npoints = 2\nminutes = 1\nartifacts = ["best_net"]\n'
    course = make_course(
        tmp_path,
        notebook_text='# %% test="best_net-accuracy" points=2\nassert True\n',
        toml_text=toml,
    )
    assert load_notebook(course.assignment("small")).points == 2


def test_line_kinds_tell_given_lines_from_secret_ones() -> None:
    assert line_kinds("a\n### BEGIN HIDDEN TESTS\nb\n\n### END HIDDEN TESTS") == [
        "given",
        "marker",
        "hidden",
        "hidden",
        "marker",
    ]


FAULTS = {
    "an unknown word in a header": ("# %%\nx = 1\n# %% setpu\n", 3, "unknown word 'setpu'"),
    "an unknown attribute": (
        SOLUTION + '# %% test="f" points=1 hiden=2\n',
        6,
        "cannot have the attribute 'hiden'",
    ),
    "points of a solution": (
        '# %% solution="f" points=3\n',
        1,
        "cannot have the attribute 'points'",
    ),
    "an attribute twice": (
        SOLUTION + '# %% test="f" points=1 points=2\n',
        6,
        "'points' twice; keep one",
    ),
    "an unknown cell type": ("# %% [raw]\n# text\n", 1, "unknown cell type [raw]"),
    "two roles in one header": ('# %% setup solution="f"\n', 1, "a cell can have one role"),
    "an answer that is code": (
        '# %% answer="why" points=1\n',
        1,
        "a written answer must be Markdown",
    ),
    "a test that is Markdown": (
        '# %% [markdown] test="f" points=1\n',
        1,
        "a test cell must be code",
    ),
    "a header that is indented": (
        "# %%\nif True:\n    # %% setup\n    pass\n",
        3,
        "at the start of the line",
    ),
    "a name that won't do": ('# %% solution="KNN.train"\n', 1, "expected a name of letters"),
    "a name that is missing": ('# %% solution=""\n', 1, "expected a name of letters"),
    "code above the first cell": ("import os\n# %%\n", 1, "code above the first cell"),
    "BEGIN without END": (
        '# %% solution="f"\nf = 1\n### BEGIN SOLUTION\nf = 2\n',
        3,
        "BEGIN SOLUTION without END SOLUTION",
    ),
    "END without BEGIN": (
        '# %% solution="f"\nf = 2\n### END SOLUTION\n',
        3,
        "END SOLUTION without BEGIN SOLUTION",
    ),
    "BEGIN inside a region": (
        '# %% solution="f"\n### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION\n',
        3,
        "begins in line 2",
    ),
    "a solution region in a test": (
        SOLUTION + '# %% test="f" points=1\n### BEGIN SOLUTION\n### END SOLUTION\n',
        7,
        "in a test cell; move it to a solution or answer cell",
    ),
    "a solution region in given code": (
        "# %%\nx = 1\n### BEGIN SOLUTION\n### END SOLUTION\n",
        3,
        "in a code cell",
    ),
    "a solution region in prose": (
        "# %% [markdown]\n# ### BEGIN SOLUTION\n",
        2,
        "in a prose cell",
    ),
    "hidden tests in a solution": (
        SOLUTION + "### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS\n",
        6,
        "in a solution cell; move it to a test cell",
    ),
    "hidden tests in an answer": (
        ANSWER + "# ### BEGIN HIDDEN TESTS\n",
        7,
        "in an answer cell",
    ),
    "a check below the hidden tests": (
        SOLUTION
        + '# %% test="f" points=1\n### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS\n\nassert f(1)\n',
        10,
        "come last",
    ),
    "a marker with other words": (
        SOLUTION + '# %% test="f" points=1\n### BEGIN HIDDEN TEST\n',
        7,
        "unknown marker",
    ),
    "a marker in small letters": (
        '# %% solution="f"\n# begin solution\nf = 1\n',
        2,
        "unknown marker",
    ),
    "a marker with one #": ('# %% solution="f"\n# BEGIN SOLUTION\nf = 1\n', 2, "unknown marker"),
    "marker words in a sentence": (
        "# %% [markdown]\n# Write between BEGIN SOLUTION and the end.\n",
        2,
        "nbgrader would treat this line as a marker",
    ),
    "a mark scheme in prose": (
        "# %% [markdown]\n# ### BEGIN MARK SCHEME\n",
        2,
        "in a prose cell; move it to a task cell",
    ),
    "nbgrader's autotest": (
        SOLUTION + '# %% test="f" points=1\n### AUTOTEST f(1)\n',
        7,
        "AUTOTEST",
    ),
    "two solutions of one name": (SOLUTION + SOLUTION, 6, 'taken by solution="f" in line 1'),
    "two questions of one name": (
        SOLUTION + '# %% test="f" points=1\n# %% test="f" points=1\n',
        7,
        'taken by test="f" in line 6',
    ),
    "a test and an answer of one name": (
        SOLUTION + '# %% test="f" points=1\n' + ANSWER.replace("why", "f"),
        7,
        'taken by test="f" in line 6',
    ),
    "a test without points": (SOLUTION + '# %% test="f"\n', 6, "has no points"),
    "an answer without points": ('# %% [markdown] answer="why"\n# Why?\n', 1, "has no points"),
    "points that are no number": (SOLUTION + '# %% test="f" points=many\n', 6, "expected a number"),
    "points that are nan": (SOLUTION + '# %% test="f" points=nan\n', 6, "expected a number"),
    "negative points": (SOLUTION + '# %% test="f" points=-1\n', 6, "expected 0 or more"),
    "a test of a name that nobody defines": (
        SOLUTION + '# %% test="g" points=1\n',
        6,
        "no cell defines 'g'",
    ),
    "a test of an import": (
        '# %% setup\nimport numpy as np\n# %% test="np" points=1\n',
        3,
        "no cell defines 'np'",
    ),
    "a test of a local variable": (
        '# %%\ndef f():\n    y = 1\n# %% test="y" points=1\n',
        4,
        "no cell defines 'y'",
    ),
    "a test of a test's variable": (
        SOLUTION + '# %% test="f" points=1\nz = 1\n# %% test="z" points=1\n',
        8,
        "no cell defines 'z'",
    ),
    "a syntax error": ("# %%\n\nx = 1\ny = = 2\n", 4, "invalid syntax"),
    "a released cell that is no Python": (
        '# %% solution="f"\ndef f():\n### BEGIN SOLUTION\n    return 1\n### END SOLUTION\n',
        3,
        "without its region, as students get it",
    ),
    "a solution cell without a region": (
        '# %% solution="f"\ndef f():\n    return 1\n',
        1,
        "has no solution region",
    ),
    "an answer without a region": (
        '# %% [markdown] answer="why" points=1\n# Why?\n',
        1,
        "has no solution region",
    ),
    "an empty notebook": ("", 0, "no cells"),
    "a notebook with comments only": ("# nothing yet\n", 0, "no cells"),
    "an invisible character": ("# %%\nx = 1\x0c\n", 2, "invisible character"),
}


@pytest.mark.parametrize(("text", "line", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_stops_with_file_line_and_words(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    with pytest.raises(AuthoringError) as caught:
        parse(tmp_path, text)
    place = f"small/notebook.py:{line}: " if line else "small/notebook.py: "
    assert str(caught.value).startswith(place)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_points_that_do_not_add_up_stop_at_the_line_in_assignment_toml(tmp_path: Path) -> None:
    course = make_course(tmp_path, points=6)
    with pytest.raises(
        AuthoringError, match=r"small/assignment.toml:2: points = 6, but .* add up to 5"
    ):
        load_notebook(course.assignment("small"))


def test_a_file_that_is_not_utf8_stops_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "notebook.py"
    path.write_bytes(b"# %%\nx = '\xff'\n")
    with pytest.raises(AuthoringError, match=":2: not UTF-8"):
        parse_notebook(path)


@pytest.mark.parametrize(
    "name", ["assignment.toml", "notebook.py", "wrong/zeros.py", "right/other.py"]
)
def test_a_file_of_another_encoding_stops_the_build_with_its_line(
    tmp_path: Path, name: str
) -> None:
    course = make_course(tmp_path)
    path = course.root / "assignments" / "small" / name
    path.parent.mkdir(exist_ok=True)
    text = path.read_text(encoding="utf-8") if path.is_file() else '"""Why."""\n'
    path.write_bytes(text.encode() + "# é\n".encode("latin-1"))
    with pytest.raises(AuthoringError, match="not UTF-8; save the file") as stopped:
        build(course.assignment("small"))
    assert (stopped.value.path, stopped.value.line) == (path, text.count("\n") + 1)


def test_a_notebook_without_its_settings_stops_the_build(tmp_path: Path) -> None:
    course = make_course(tmp_path)
    (course.root / "assignments" / "small" / "assignment.toml").unlink()
    with pytest.raises(AuthoringError, match=r"assignment\.toml: no such file, .* notebook\.py"):
        course.assignments()


def test_a_message_of_python_names_the_line_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "notebook.py"
    path.write_text("# %%\nx = 1\n\n# %%\ny = 2\nfor i in y:\nz = 3\n", encoding="utf-8")
    with pytest.raises(AuthoringError, match=r":7: expected .* after 'for' statement on line 6;"):
        parse_notebook(path)


def test_a_missing_notebook_is_a_course_error(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="no such file"):
        parse_notebook(tmp_path / "notebook.py")


PIECES = st.lists(
    st.sampled_from(
        [
            *MEANS.split("\n"),
            *SOLUTION.split("\n"),
            *ANSWER.split("\n"),
            "# %%",
            "#%%",
            "    # %% setup",
            "# %%%",
            "# %% [markdown",
            '"""',
            "'''",
            "(",
            "    ",
            "\\",
            "%%time",
            "%",
            "!",
            "?x",
            "# In[3]:",
            '# %% oracle="o"',
            "o = mean",
            "assert o",
            "# <codecell>",
            "```",
            "# ```",
            "### END HIDDEN TESTS",
            "\x00",
            "\x0c",
            "\u2028",
            "é = 1",
            "x\t= 1",
            '# %% test="x" points=1e400',
            "# %% x==1",
            '# %% solution="f',
            "async for x in y:",
        ]
    )
    | st.text(max_size=20),
    max_size=25,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(PIECES)
def test_no_text_whatever_raises_anything_but_an_authoring_error(
    tmp_path: Path, pieces: list[str]
) -> None:
    try:
        cells = parse(tmp_path, "\n".join(pieces)).cells
    except AuthoringError:
        return
    lines = (tmp_path / "small" / "notebook.py").read_text(encoding="utf-8").split("\n")
    for cell in cells:
        assert lines[cell.line - 1].startswith("#")
        source = cell.source.split("\n")
        # statements without a region get one: its markers stand in no line of the file
        first = source[0] == "### BEGIN SOLUTION" and source[0] not in lines[cell.line]
        assert source[first] in lines[cell.lines[first] - 1]
