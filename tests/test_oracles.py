"""Oracles: helpers of hidden tests, inlined where they are used, and seen by nobody else."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwlib.errors import AuthoringError
from hwlib.grading import Course, build, verify
from hwlib.grading.answer_key import load_key
from hwlib.grading.authoring.leaks import find_leaks
from hwlib.grading.authoring.names import top_names
from hwlib.grading.authoring.reading import parse_notebook
from hwlib.grading.authoring.written import AuthoredCell
from hwlib.grading.cells import line_kinds, parse_cell

MakeCourse = Callable[..., Course]

SETUP = "# %% setup\nimport numpy as np\n"
DOUBLE = '# %% oracle="double"\ndef doubled(x):\n    return np.add(x, x)\n'
QUADRUPLE = (
    '# %% oracle="quadruple"\nimport math\ndef quadrupled(x):\n'
    "    return doubled(doubled(x)) * math.cosh(0)\n"
)
SOLUTION = (
    '# %% solution="f"\ndef f(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION\n'
)


def check(hidden: str, visible: str = "assert f(1) == 2", name: str = "f") -> str:
    return (
        f'# %% test="{name}" points=1\n{visible}\n### BEGIN HIDDEN TESTS\n{hidden}\n'
        "### END HIDDEN TESTS\n"
    )


def parse(folder: Path, text: str) -> dict[str, AuthoredCell]:
    path = folder / "small" / "notebook.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return {f"{cell.role}-{cell.name}": cell for cell in parse_notebook(path).cells}


# ---- where an oracle goes ----


def test_an_oracle_stands_right_below_the_marker_of_each_test_that_uses_it(tmp_path: Path) -> None:
    other = check("assert f(5) == 10", name="f-alone")
    text = SETUP + DOUBLE + SOLUTION + check("assert f(3) == doubled(3)") + other
    cells = parse(tmp_path, text)
    assert list(cells) == ["setup-", "solution-f", "test-f", "test-f-alone"]
    assert cells["test-f"].source.split("\n") == [
        "assert f(1) == 2",
        "### BEGIN HIDDEN TESTS",
        "def doubled(x):",
        "    return np.add(x, x)",
        "",
        "assert f(3) == doubled(3)",
        "### END HIDDEN TESTS",
    ]
    assert "doubled" not in cells["test-f-alone"].source


def test_an_oracle_brings_those_that_it_uses_in_the_order_of_the_notebook(tmp_path: Path) -> None:
    test = check("assert f(f(3)) == quadrupled(3)")
    for oracles in (DOUBLE + QUADRUPLE, QUADRUPLE + DOUBLE):
        hidden = parse(tmp_path, SETUP + oracles + SOLUTION + test)["test-f"].source
        both = [line for line in oracles.split("\n") if line and not line.startswith("# %%")]
        assert [line for line in hidden.split("\n") if line in both] == both


def test_an_oracle_may_stand_below_the_test_that_uses_it(tmp_path: Path) -> None:
    text = SETUP + SOLUTION + check("assert f(3) == doubled(3)") + DOUBLE
    assert "def doubled" in parse(tmp_path, text)["test-f"].source


def test_an_oracle_is_indented_as_the_marker_and_its_strings_are_not(tmp_path: Path) -> None:
    oracle = '# %% oracle="text"\nwanted = """a\n  b"""\n'
    test = (
        '# %% test="f" points=1\nif True:\n    assert f(1)\n    ### BEGIN HIDDEN TESTS\n'
        "    assert f(wanted)\n    ### END HIDDEN TESTS\n"
    )
    source = parse(tmp_path, SOLUTION + oracle + test)["test-f"].source
    assert '\n    ### BEGIN HIDDEN TESTS\n    wanted = """a\n  b"""\n\n    assert' in source


def test_a_name_inside_a_function_is_no_use_of_an_oracle(tmp_path: Path) -> None:
    visible = "def g(doubled):\n    return [doubled for other in doubled]\nassert f(1) == 2"
    text = SETUP + DOUBLE + SOLUTION + check("assert f(3) == doubled(3)", visible)
    assert "np.add" in parse(tmp_path, text)["test-f"].source
    local = check("def g():\n    doubled = 3\n    return doubled", name="f-local")
    assert "np.add" not in parse(tmp_path, text + local)["test-f-local"].source


def test_every_line_of_a_test_says_where_in_notebook_py_it_stands(tmp_path: Path) -> None:
    text = SETUP + QUADRUPLE + SOLUTION + DOUBLE + check("assert f(3) == quadrupled(3)")
    lines = text.split("\n")
    for cell in parse(tmp_path, text).values():
        for line, place in zip(cell.source.split("\n"), cell.lines, strict=True):
            assert line in (lines[place - 1], "")


# ---- who sees it ----


@pytest.fixture
def built(course: MakeCourse) -> Course:
    text = SETUP + DOUBLE + SOLUTION + check("assert f(3) == doubled(3)")
    made = course(notebook_text=text, points=1)
    build(made.assignment("small"))
    return made


def test_an_oracle_is_no_cell_of_source_and_nowhere_in_release(built: Course) -> None:
    small = built.assignment("small")
    assert {cell.role for cell in load_key(small).cells} == {
        "prose",
        "setup",
        "solution",
        "test",
        "submit",
    }
    assert "doubled" not in small.release.read_text(encoding="utf-8")
    (test,) = load_key(small).by_role("test")
    line = test.source.split("\n").index("def doubled(x):")
    assert line_kinds(test.source)[line] == "hidden"


def test_a_line_of_an_oracle_in_release_is_a_leak(built: Course) -> None:
    small = built.assignment("small")
    assert find_leaks(small) == []
    (small.release.parent / "notes.txt").write_text("return np.add(x, x)", encoding="utf-8")
    assert [(leak.kind, leak.origin) for leak in find_leaks(small)] == [("hidden test", "test-f")]


def test_a_leak_of_an_oracle_points_at_its_line_in_notebook_py(course: MakeCourse) -> None:
    oracle = '# %% oracle="double"\n\ndef doubled(x):\n    return 3.141592653 * x / 1.570796326\n'
    text = (
        f"# %% [markdown]\n# It is 3.141592653.\n{SETUP}" + SOLUTION + check("doubled(1)") + oracle
    )
    small = course(notebook_text=text, points=1).assignment("small")
    line = text.split("\n").index("    return 3.141592653 * x / 1.570796326") + 1
    with pytest.raises(
        AuthoringError,
        match=rf"small/notebook.py:{line}: leak: students can see this number of test-f",
    ):
        build(small)


def test_a_test_with_an_oracle_is_graded_like_any_other(built: Course) -> None:
    small = built.assignment("small")
    folder = small.folder / "wrong"
    folder.mkdir()
    (folder / "same.py").write_text(
        '"""Forgets the 2."""\nREPLACES = "f"\nFAILS = ["f"]\nHINT = "hidden check"\n\n\n'
        "def f(x):\n    return 2 * x if x < 3 else x\n",
        encoding="utf-8",
    )
    assert verify(small).complaints == []


# ---- faults ----

TEST = check("assert f(3) == doubled(3)")
FAULTS = {
    "an oracle without a name": ('# %% oracle=""\nx = 1\n', 1, "expected a name of letters"),
    "an oracle with points": (
        '# %% oracle="a" points=1\n',
        1,
        "an oracle cell cannot have the attribute 'points'; only tests",
    ),
    "an oracle in Markdown": ('# %% [markdown] oracle="a"\n', 1, "an oracle cell must be code"),
    "an oracle that is a setup cell": ('# %% setup oracle="a"\n', 1, "a cell can have one role"),
    "an oracle with hidden tests": (
        '# %% oracle="a"\nx = 1\n### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS\n',
        3,
        "in an oracle cell",
    ),
    "an oracle with a solution region": (
        '# %% oracle="a"\nx = 1\n### BEGIN SOLUTION\n### END SOLUTION\n',
        3,
        "in an oracle cell",
    ),
    "an oracle with a marker's words": (
        '# %% oracle="a"\nx = "BEGIN SOLUTION"\n',
        2,
        "nbgrader would treat this line as a marker",
    ),
    "two oracles of one name": (SETUP + DOUBLE + DOUBLE, 6, 'taken by oracle="double" in line 3'),
    "an oracle that is no Python": ('# %% oracle="a"\nx = 1\ny = = 2\n', 3, "invalid syntax"),
    "an oracle whose names are unclear": (
        SOLUTION + '# %% oracle="a"\nx = 1\nnonlocal x\n',
        7,
        "nonlocal",
    ),
    "an oracle that nobody uses": (
        SETUP + SOLUTION + check("assert f(3) == 6") + DOUBLE,
        13,
        'oracle="double" defines doubled, but no hidden test uses it',
    ),
    "an oracle that only an unused one uses": (
        SETUP + SOLUTION + TEST + DOUBLE + QUADRUPLE,
        16,
        'oracle="quadruple" defines quadrupled, but no hidden test uses it',
    ),
    "an oracle that only a local variable seems to use": (
        SETUP + SOLUTION + check("def g(doubled): return doubled") + DOUBLE,
        13,
        "no hidden test uses it",
    ),
    "an oracle with nothing in it": ('# %% oracle="a"\n', 1, "defines nothing"),
    "an oracle that uses what students write": (
        SOLUTION + '# %% oracle="double"\n\ndef doubled(x):\n    return f(x)\n' + TEST,
        9,
        "oracle=\"double\" uses 'f', which students write (line 1)",
    ),
    "an oracle that uses what nobody defines": (
        SOLUTION + '# %% oracle="double"\ndef doubled(x):\n    return np.add(x, x)\n' + TEST,
        8,
        "uses 'np', but no setup cell and no oracle defines it; import it here",
    ),
    "an oracle that uses a name of the test": (
        SETUP + SOLUTION + DOUBLE.replace("x, x)", "x, x) + y") + check("y = 0\ndoubled(y)"),
        10,
        "uses 'y', but no setup cell",
    ),
    "an oracle that uses a name of given code": (
        SETUP + SOLUTION + "# %%\ny = 0\n" + DOUBLE.replace("x, x)", "x, x) + y") + TEST,
        12,
        "uses 'y', but no setup cell",
    ),
    "two oracles that bind one name": (
        SETUP + SOLUTION + DOUBLE + '# %% oracle="again"\n\ndoubled = 3\n' + TEST,
        13,
        "defines 'doubled', but oracle=\"double\" in line 8 already does",
    ),
    "an oracle that imports what students write": (
        SOLUTION + '# %% oracle="double"\nfrom math import exp as f\ndoubled = f\n' + TEST,
        7,
        "imports 'f', but the cell in line 1 defines that name",
    ),
    "a released line that uses an oracle": (
        SETUP + SOLUTION + DOUBLE + check("doubled(1)", "assert f(1) == 2\nassert doubled(1) == 2"),
        13,
        "'doubled' is defined in oracle=\"double\", line 8, so only hidden tests may use it",
    ),
    "a released function that uses an oracle": (
        SETUP + SOLUTION + DOUBLE + check("doubled(1)", "def g(x):\n    return doubled(x)"),
        13,
        "so only hidden tests may use it",
    ),
    "a released line that binds a name of an oracle": (
        SETUP + SOLUTION + DOUBLE + check("doubled(1)", "doubled = abs"),
        12,
        "rename one of them",
    ),
    "hidden tests that bind a name of an oracle": (
        SETUP + SOLUTION + DOUBLE + check("doubled(1)\nfor doubled in range(3):\n    pass"),
        15,
        "these hidden tests define 'doubled', but oracle=\"double\" in line 8 already does",
    ),
    "a solution that uses an oracle": (
        SETUP + DOUBLE + SOLUTION.replace("2 * x", "doubled(x)") + TEST,
        9,
        "so only hidden tests may use it",
    ),
    "a setup cell that imports a name of an oracle": (
        SETUP + "from math import floor as doubled\n" + DOUBLE + SOLUTION + TEST,
        3,
        "so only hidden tests may use it",
    ),
    "an experiment that uses an oracle": (
        SETUP + DOUBLE + SOLUTION + TEST + "# %% experiment\nprint(1)\nprint(doubled(3))\n",
        18,
        "so only hidden tests may use it",
    ),
    "a test that is named after an oracle": (
        SETUP + DOUBLE + SOLUTION + check("doubled(3)", name="doubled"),
        11,
        "no cell defines 'doubled'",
    ),
    "hidden tests that continue a statement": (
        SETUP + DOUBLE + SOLUTION + check("else:\n    doubled(1)", "if f(1):\n    pass"),
        15,
        "with its oracles below ### BEGIN HIDDEN TESTS, this cell is not valid Python",
    ),
}


@pytest.mark.parametrize(("text", "line", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_stops_with_file_line_and_words(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    with pytest.raises(AuthoringError) as caught:
        parse(tmp_path, text)
    assert str(caught.value).startswith(f"small/notebook.py:{line}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "binds", "imports", "uses"),
    [
        ("def f(x):\n    y = x\n    return y + z", "f", "", "z"),
        ("a = b\nfor c in a:\n    d = c", "a c d", "", "b"),
        ("[i for i in n if (m := i)]", "", "", "n"),
        ("class C(B):\n    k = 1\n    def m(self):\n        return k", "C", "", "B k"),
        ("import os.path, re as r\nfrom math import *\nos, r", "", "os r", ""),
        ("try:\n    import tomllib\nexcept ImportError:\n    tomllib = None", "tomllib", "", ""),
        ("lambda u: [u, v, *(w for w in u)]", "", "", "v"),
        ("with open(p) as q:\n    await q", "q", "", "open p"),
        ("x += 1\ndel x", "x", "", ""),
        ("def f():\n    import os\n    global g\n    g = os", "f", "", ""),
        ("%pip list\n!ls", "", "", "get_ipython"),
        ("", "", "", ""),
    ],
)
def test_the_names_of_a_piece_of_code(code: str, binds: str, imports: str, uses: str) -> None:
    names = top_names(parse_cell(code))
    assert set(imports.split()) <= names.imports | names.binds
    assert set(binds.split()) == names.binds - {"m"}
    assert set(uses.split()) == names.uses - {"ImportError"}


NAMES = "abcde"


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.fixed_dictionaries({name: st.sets(st.sampled_from(NAMES)) for name in NAMES}),
    st.lists(st.sets(st.sampled_from(NAMES)), min_size=1, max_size=3),
)
def test_each_test_gets_just_the_oracles_that_it_needs_or_the_build_stops(
    tmp_path: Path, uses: dict[str, set[str]], tests: list[set[str]]
) -> None:
    def needed(names: set[str]) -> set[str]:
        more = names.union(*(uses[name] for name in names))
        return names if more == names else needed(more)

    oracles = "".join(
        f'# %% oracle="{name}"\ndef {name}():\n    return [{", ".join(sorted(uses[name]))}]\n'
        for name in NAMES
    )
    checks = "".join(
        check("\n".join(f"assert {name}()" for name in sorted(names)) or "f", name=f"f-{i}")
        for i, names in enumerate(tests)
    )
    everything = needed(set().union(*tests))
    if everything < set(NAMES):
        with pytest.raises(AuthoringError, match="no hidden test uses it"):
            parse(tmp_path, SOLUTION + oracles + checks)
        return
    cells = parse(tmp_path, SOLUTION + oracles + checks)
    for i, names in enumerate(tests):
        tree = parse_cell(cells[f"test-f-{i}"].source)
        defined = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        assert defined == sorted(needed(names))
