"""Where the names of a test may come from: given cells that students may edit decide no verdict."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from courses import TINY, hand_in, make_tiny, solved
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell

from hwlib.errors import AuthoringError
from hwlib.grading import grade_assignment
from hwlib.grading.authoring.reading import parse_notebook

SOLUTION = (
    '# %% solution="f"\ndef f(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION\n'
)
USES = [  # each takes the name `it` from outside
    "print(it)",
    "print(f'{it}')",
    "print([it for _ in range(3)])",
    "print([x for x in it])",
    "print({x: it for x in range(3) if x})",
    "def g():\n    return it\nprint(g())",
    "def g():\n    def h():\n        return [lambda: it]\n    return h\nprint(g())",
    "def g(x=it):\n    return x",
    "@it\ndef g():\n    pass",
    "@it.cached\nclass G:\n    pass",
    "class G(it):\n    pass",
    "class G:\n    x = it",
    "class G:\n    def m(self):\n        return it",
    "it += 1",
    "it = it + 1",
    "if (other := it) > 0:\n    print(other)",
    "try:\n    pass\nexcept it as error:\n    print(error)",
    "match f(1):\n    case it.value:\n        pass",
    "with it as opened:\n    print(opened)",
    "for x in it:\n    it = x",
    "async def g():\n    async with it:\n        pass",
    "def g():\n    global other\n    other = it\ng()\nprint(other)",
    "print(it)\ndel it",
    "def g(x: it) -> None:\n    pass",
    "lambda x=it: x",
    "print(*it, **it)",
    "it.value = 3",
    "it[0] = 3",
]
OWN = [  # each binds `it` before it is used
    "it = 3\nprint(it)",
    "def it():\n    pass\nprint(it())",
    "class it:\n    pass\nprint(it())",
    "import math as it\nprint(it)",
    "from math import pi as it\nprint(it)",
    "for it in range(3):\n    print(it)",
    "print([it for it in range(3)])",
    "print([it for it in range(3) for it in [it]])",
    "with open('x') as it:\n    print(it)",
    "try:\n    pass\nexcept ValueError as it:\n    print(it)",
    "def g(it):\n    return it",
    "def g():\n    it = 3\n    return it",
    "def g():\n    it = 3\n    def h():\n        nonlocal it\n        it += 1\n    return h",
    "def g():\n    global it\n    it = 3\ng()\nprint(it)",
    "def g():\n    global it\n    import math as it\ng()\nprint(it)",
    "if (it := f(1)):\n    print(it)",
    "match f(1):\n    case [it, *_]:\n        print(it)",
    "def g():\n    return it\nit = 3\nprint(g())",
    "it = 3\ndel it",
    "print((lambda it: it)(3))",
    "a, (b, *it) = f(1)\nprint(it)",
]


def complaint(folder: Path, *cells: str, header: str = "") -> str:
    """What the build says about a notebook of these cells; "" if it says nothing."""
    path = folder / "small" / "notebook.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([SOLUTION, *cells]), encoding="utf-8")
    try:
        parse_notebook(path)
    except AuthoringError as error:
        return str(error)
    return ""


def a_test(body: str, asks: str = "") -> str:
    return f'# %% test="f" points=1{asks}\n{body}\n'


@pytest.mark.parametrize("body", USES)
def test_a_variable_of_a_given_cell_stops_the_build_however_a_test_uses_it(
    tmp_path: Path, body: str
) -> None:
    said = complaint(tmp_path, "# %%\nit = 3\n", a_test(body))
    assert "test=\"f\" uses 'it', which only the given cell in line 7 defines" in said
    assert "make that cell a setup cell" in said
    assert "or move what the test needs into the test" in said


@pytest.mark.parametrize("body", USES)
def test_a_name_that_nothing_defines_stops_the_build(tmp_path: Path, body: str) -> None:
    said = complaint(tmp_path, a_test(body))
    assert "uses 'it', which no cell defines; define it in the test or in a setup cell" in said


@pytest.mark.parametrize("body", USES)
@pytest.mark.parametrize(
    "cell",
    [
        "# %% setup\nit = 3\n",
        "# %% setup\nimport math as it\n",
        '# %% solution="it"\n### BEGIN SOLUTION\nit = 3\n### END SOLUTION\n',
        "# %%\ndef it():\n    return f\n",
        "# %%\nclass it:\n    pass\n",
        "# %% experiment\ndef it():\n    pass\n",
    ],
)
def test_setup_cells_solutions_and_functions_of_given_cells_are_fine(
    tmp_path: Path, cell: str, body: str
) -> None:
    assert complaint(tmp_path, cell, a_test(body)) == ""


@pytest.mark.parametrize("body", OWN)
@pytest.mark.parametrize("cell", ["", "# %%\nit = 3\n", "# %% experiment\nimport it\n"])
def test_what_a_test_binds_itself_is_its_own(tmp_path: Path, cell: str, body: str) -> None:
    assert complaint(tmp_path, cell, a_test(body)) == ""


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    before=st.lists(st.sampled_from([*USES, *OWN]), max_size=3),
    use=st.sampled_from(USES),
    after=st.lists(st.sampled_from([*USES, *OWN]), max_size=3),
)
def test_other_code_around_a_use_does_not_hide_it(
    tmp_path: Path, before: list[str], use: str, after: list[str]
) -> None:
    others = [re.sub(r"\bit\b", "thing", body) for body in (*before, *after)]
    body = "\n".join([*others[: len(before)], use, *others[len(before) :]])
    said = complaint(tmp_path, "# %%\nit = 3\n", "# %% setup\nthing = 3\n", a_test(body))
    assert "uses 'it', which only the given cell in line 7 defines" in said


def test_the_line_is_that_of_the_first_use(tmp_path: Path) -> None:
    said = complaint(tmp_path, "# %%\nit = 3\n", a_test("x = 1\n# it\nprint(x)\nprint(it)\n"))
    assert said.startswith("small/notebook.py:14: ")


@pytest.mark.parametrize(
    ("given_cells", "words"),
    [
        (
            "WIDTH = 3\ndef make():\n    return WIDTH\n",
            "uses 'make', which uses 'WIDTH', which only",
        ),
        ("import math\ndef make():\n    return math.pi\n", "uses 'make', which uses 'math', which"),
        (
            "def inner():\n    return WIDTH\nWIDTH = 3\ndef make():\n    return inner()\n",
            "uses 'inner', which uses 'WIDTH', which only the given cell in line 7",
        ),
        ("def make():\n    return lost\n", "uses 'make', which uses 'lost', which no cell defines"),
        ("def make():\n    pass\nmake = len(make)\n", "uses 'make', which only the given cell in"),
    ],
)
def test_functions_of_given_cells_may_not_depend_on_their_variables(
    tmp_path: Path, given_cells: str, words: str
) -> None:
    assert words in complaint(tmp_path, f"# %%\n{given_cells}", a_test("print(make())"))


def test_functions_of_given_cells_may_call_each_other_and_the_student(tmp_path: Path) -> None:
    helpers = (
        "# %%\ndef odd(n):\n    return n and even(n - 1)\ndef even(n):\n    return odd(f(n))\n"
    )
    assert complaint(tmp_path, helpers, a_test("print(odd(3))")) == ""


@pytest.mark.parametrize(
    ("given_cell", "said"),
    [
        ("it = f(3)", ""),
        ("made = f(3)\nit = [made, 4]", ""),
        ("it, other = f(3), 4", ""),
        ("for it in f(3):\n    pass", ""),
        ("it = 3\nmade = f(it)", "uses 'it', which only the given cell"),
        ("it = 3\nit = f(it)", "uses 'it', which only the given cell"),
    ],
)
def test_what_a_given_cell_makes_with_the_students_code_is_the_students(
    tmp_path: Path, given_cell: str, said: str
) -> None:
    found = complaint(tmp_path, f"# %%\n{given_cell}\n", a_test("print(it)"))
    assert said in found if said else found == ""


def test_a_star_import_may_bring_any_name_but_that_of_a_given_cell(tmp_path: Path) -> None:
    star = "# %% setup\nfrom math import *\n"
    assert complaint(tmp_path, star, a_test("print(pi)")) == ""
    assert complaint(tmp_path, a_test("from math import *\nprint(pi)")) == ""
    assert "uses 'it'" in complaint(tmp_path, star, "# %%\nit = 3\n", a_test("print(pi, it)"))


def test_a_test_may_not_use_what_another_test_defines(tmp_path: Path) -> None:
    other = a_test("it = 3").replace('"f"', '"f-first"')
    assert "uses 'it', which no cell defines" in complaint(tmp_path, other, a_test("print(it)"))


def test_a_value_that_students_choose_is_asked_for_in_the_header(tmp_path: Path) -> None:
    cell = '# %%\nstudent_id = ""\nteam = ""\n'
    both = a_test("print(student_id, team)", ' asks="student_id, team"')
    assert complaint(tmp_path, cell, both) == ""
    one = a_test("print(student_id, team)", ' asks="student_id"')
    assert "uses 'team', which only the given cell" in complaint(tmp_path, cell, one)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ('# %% test="f" points=1 asks="it"', "the test does not use it"),
        ('# %% test="f" points=1 asks="lost"', "no given cell has a variable of that name"),
        ('# %% test="f" points=1 asks="a b"', "expected the names of values"),
        ('# %% setup asks="it"', "only tests can"),
    ],
)
def test_asks_names_values_of_given_cells_that_the_test_uses(
    tmp_path: Path, header: str, words: str
) -> None:
    assert words in complaint(tmp_path, "# %%\nit = 3\n", f"{header}\nprint(f(1))\n")


@pytest.mark.parametrize(
    "override",
    [
        "def twice(x):\n    return -4\n",
        "def helper(x):\n    return -4\n",
        "helper = lambda x: -4\n",
        "class twice:\n    def __new__(cls, x):\n        return -4\n",
    ],
)
def test_who_rewrites_a_given_helper_or_what_it_uses_of_a_setup_cell_earns_nothing(
    tmp_path: Path, override: str
) -> None:
    setup = "# %% setup\ndef helper(x):\n    return x\n\n"
    helper = "# %%\ndef twice(x):\n    return helper(double(double(x)))\n\n"
    place = '# %% test="double-negative"'
    notebook = TINY.replace(place, f"{setup}{helper}{place}")
    head, _, tail = notebook.partition(place)
    line = next(line for line in tail.splitlines() if "assert" in line)
    tiny = make_tiny(tmp_path, f"{head}{place}{tail.replace(line, 'assert twice(-1) == -4', 1)}")
    wrong = solved(tiny, solution_double="def double(x):\n    return 2\n")
    wrong.cells.append(new_code_cell(override))
    hand_in(tiny, "right", solved(tiny))
    hand_in(tiny, "wrong", wrong)
    report = grade_assignment(tiny, tiny.course.root / "submitted", tiny.course.root)
    found = [one.question("double-negative").status for one in report.submissions]
    assert found == ["passed", "failed"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('with check.parts(1, "half"):\n    check.equal(f(1), 1)', "write check.part"),
        ("check.equal(f(1), 1)\ncheck.pased('f')", "write check.passed"),
        ("check.close(f(1), 1, mistakes={'twice': lambda: check.pair(2)})", "hwlib lacks"),
        ("check.qqq(f(1))", "docs/check.md lists what there is"),
        ("check.equal(f(1), 1)\ncheck.passed('f')", ""),
        ("check = f(1)\nprint(check.real)", ""),
    ],
)
def test_a_check_that_hwlib_lacks_stops_the_build(tmp_path: Path, body: str, said: str) -> None:
    found = complaint(tmp_path, a_test(body))
    assert said in found if said else found == ""


@pytest.mark.parametrize(
    "cell", ["# %% setup\nfrom math import cos as check\n", "# %%\ncheck = 3\n"]
)
def test_a_course_may_have_a_check_of_its_own(tmp_path: Path, cell: str) -> None:
    assert "hwlib lacks" not in complaint(tmp_path, cell, a_test("check.qqq(f(1))"))
