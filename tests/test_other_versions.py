"""Code for another version of Python or NumPy than the grading machine's is never a zero: it waits
for a human, and what is wrong in every version stays wrong.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import needs
import numpy as np
import pytest
from courses import hand_in, make_assignment, with_code
from hypothesis import given
from hypothesis import strategies as st

from hwlib.grading import GradeOptions, GradeReport, grade_assignment
from hwlib.grading.cells import tree_of
from hwlib.grading.engines.lacking import lack_in
from hwlib.grading.grade import Engine
from hwlib.grading.newer_python import newer_python
from hwlib.grading.proof.variants import reference_notebook
from hwlib.grading.sandbox.one_number import shape_of_several

pytestmark = needs.linux
old_python = pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="this Python reads it; run it with Python 3.11"
)

D = 'd = {"a": 1}\n'
NEWER = {
    "quotes in a field": 'x = f"{d["a"]}"',
    "quotes in a format": 'x = f"{d["a"]:{"".join([">"])}5}"',
    "quotes and a conversion": "x = f'{d['a']!r:>8}'",
    "a backslash in a field": "x = f'{'\\n'.join(d)}'",
    "a comment in a field": 'x = f"{d["a"] # the first\n}"',
    "lines in a field": 'x = f"{\n1\n}"',
    "three quotes": 'x = f"""{d["""a"""]}"""',
    "f-strings inside each other": 'x = f"{f"{f"{1}"}"}"',
    "beside other strings": 'x = ("a" f"{d["a"]}" r"\\b")',
    "a named character": 'x = f"\\N{BULLET} {d["a"]}"',
    "a name and its value": 'x = f"{d["a"]=}"',
    "not equal": 'x = f"{d["a"] != 3}"',
    "a lambda": 'x = f"{(lambda q: q["a"])(d)}"',
    "doubled braces": 'x = f"{{{d["a"]}}}"',
    "a raw one": 'x = rf"\\{d["a"]}"',
    "a type": "type Row = list[float]",
    "a type of types": "type Pair[T: (int, str)] = tuple[T, T]",
    "a generic function": "def first[T](many: list[T]) -> T:\n    return many[0]",
    "a generic class": "class Box[T]:\n    pass",
    "below a magic": '%time 1\nx = f"{d["a"]}"',
}
LATER = {
    "exceptions without brackets": "try:\n    pass\nexcept ValueError, TypeError:\n    pass",
    "a template": 'x = t"{d["a"]}"',
    "an exception with a name": 'try:\n    x = t"{d["a"]}"\nexcept ValueError as error:\n    pass',
}
BROKEN = {
    "no colon": "def f(x) return x",
    "an open bracket": "x = (1,\n",
    "an open f-string": 'x = f"{d["a"]"',
    "an open field": 'x = f"{d["a"}"',
    "half an expression": 'x = f"{d["a"] +}"',
    "an empty field": 'x = f"{}{d["a"]}"',
    "a bracket too many": 'x = f"}{d["a"]}"',
    "quotes in a plain string": 'x = "a"b"c"',
    "an apostrophe": "print('it's')",
    "an apostrophe in an f-string": "print(f'it's {x}')",
    "a line too many": 'x = f"{d["a"]}" +',
    "no block": 'def f():\nreturn f"{d["a"]}"',
    "Python 2": 'print f"{d["a"]}"',
    "nothing": 'x = f"{d["a"]!}"',
}


@old_python
@pytest.mark.parametrize("source", NEWER.values(), ids=NEWER)
def test_what_python_312_reads_is_told_from_what_no_python_reads(source: str) -> None:
    found = newer_python(D + source)
    assert found is not None and found.version == "3.12"
    assert tree_of(found.older) is not None


@pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="this Python reads it; run it with Python 3.13"
)
@pytest.mark.parametrize("source", LATER.values(), ids=LATER)
def test_what_python_314_reads_is_told_too(source: str) -> None:
    found = newer_python(D + source)
    assert found is not None and found.version == "3.14"


@pytest.mark.parametrize("source", BROKEN.values(), ids=BROKEN)
def test_what_no_python_reads_is_no_newer_python(source: str) -> None:
    assert newer_python(D + source) is None


@given(st.text("fr\"'{}[]()!:=\\#\n ax,", max_size=40))
def test_any_text_is_looked_at_without_an_error(text: str) -> None:
    found = newer_python(text)
    assert found is None or tree_of(found.older) is not None


@old_python
def test_strings_inside_each_other_take_no_longer_than_they_are_deep() -> None:
    source = '"z"'
    for _ in range(100):  # if each level were read twice, this would never end
        source = f'f"{{{source}}}"'
    assert newer_python(f"x = {source}") is not None


# ---- in a notebook -------------------------------------------------------------------------------

NOTEBOOK = """\
# %% setup
import numpy as np

# %% solution="total"
def total(values):
    ### BEGIN SOLUTION
    return float(np.sum(values))
    ### END SOLUTION

# %% test="total" points=2
assert total([1, 2]) == 3
### BEGIN HIDDEN TESTS
assert total([4, 2]) == 6
### END HIDDEN TESTS

# %% solution="half"
def half(x):
    ### BEGIN SOLUTION
    return x / 2
    ### END SOLUTION

# %% test="half" points=1
assert float(half(4.0)) == 2
"""
TOTAL = "def total(values):\n    "
WAITS = {  # what student code does, and what the student reads
    "a removed name": (f"{TOTAL}return float(np.sum(values, dtype=np.float_))", "uses np.float_"),
    "a name that NumPy 2.4 removed": (
        f"{TOTAL}return float(np.in1d(values, values) @ np.array(values))",
        "uses np.in1d",
    ),
    "a number of an array of one": (
        f"{TOTAL}return float(np.array([values]) @ np.ones(len(values)))",
        "turns an array into a number",
    ),
    "a newer Python": (
        f'{TOTAL}names = {{"all": sum(values)}}\n    return float(f"{{names["all"]}}")',
        "needs Python 3.12",
    ),
}
IS_NEWER = {
    "a removed name": hasattr(np, "float_"),
    "a name that NumPy 2.4 removed": hasattr(np, "in1d"),
    "a number of an array of one": tuple(map(int, np.__version__.split(".")[:2])) < (2, 4),
    "a newer Python": sys.version_info >= (3, 12),
}


def grade(root: Path, changes: dict[str, dict[str, str]], engine: Engine) -> GradeReport:
    if engine == "otter":
        needs.module("otter")
    if engine != "isolated":
        needs.module("ipykernel")
    assignment = make_assignment(root, "versions", NOTEBOOK, points=3)
    for student, code in changes.items():
        notebook = with_code(reference_notebook(assignment), code)
        hand_in(assignment, student, json.dumps(notebook))
    return grade_assignment(
        assignment, root / "submitted", root, options=GradeOptions(engine=engine)
    )


WRONG = {  # question → what is wrong with it in every version
    "half": "def half(x):\n    return np.array([x / 2, 0])",
    "total": 'def total(values) return f"{values["a"]}"',
    "total, too": f"{TOTAL}return np.summe(values)",
}


@pytest.mark.parametrize("engine", ["isolated", "nbgrader", "otter"])
def test_code_for_another_version_waits_for_a_human_and_wrong_code_does_not(
    tmp_path: Path, engine: Engine
) -> None:
    cases = [name for name in WAITS if not IS_NEWER[name]]
    wrong = WRONG
    if engine == "otter":  # it is slow, and to it a cell of a newer Python is a missing name
        cases = [name for name in cases if name.startswith("a number")]
        wrong = {"half": WRONG["half"]}
    changes = {f"a{number}": {"total": WAITS[name][0]} for number, name in enumerate(cases)}
    for number, (question, code) in enumerate(wrong.items()):
        changes[f"b{number}"] = {question.partition(",")[0]: code}
    report = grade(tmp_path, changes, engine)
    for name, result in zip(cases, report.submissions, strict=False):
        assert result.question("total").status == "manual", (name, result)
        assert WAITS[name][1] in result.question("total").message
        assert result.question("half").points == 1
    for question, result in zip(wrong, report.submissions[len(cases) :], strict=True):
        status = result.question(question.partition(",")[0]).status
        assert status in ("failed", "error", "missing"), (question, result)
    if engine == "isolated" and len(cases) == len(WAITS):
        told = " ".join(report.complaints)
        assert "3 submissions need an older NumPy, which this machine does not have" in told
        assert "1 submission needs Python 3.12, which this machine does not have" in told


OF_ONE = "np.array([values]) @ np.ones(len(values))"
SEVERAL = {  # what is turned into a number → its shape, or "" where it has one or nobody can tell
    "return float(np.asarray(values) + 1)": "(2,)",
    "return int(\n        values != np.zeros((3, 2))\n    )": "(3, 2)",
    "sums = np.zeros(2)\n    sums[0] = np.array(values)[0:]\n    return sums[0]": "(2,)",
    f"return float({OF_ONE})": "",
    f"sums = np.zeros(2)\n    sums[0] = {OF_ONE}\n    return sums[0]": "",
    "again = lambda: np.array(values)\n    return float(again())": "",
    "return float(np.array(values)[[n for n in (0, 1)]])": "",
}


@pytest.mark.skipif(
    IS_NEWER["a number of an array of one"], reason="an older NumPy; run this with 2.4"
)
def test_several_numbers_are_no_single_one_in_any_version(tmp_path: Path) -> None:
    changes = {f"s{n}": {"total": f"{TOTAL}{code}"} for n, code in enumerate(SEVERAL)}
    report = grade(tmp_path, changes, "isolated")
    for (code, shape), result in zip(SEVERAL.items(), report.submissions, strict=True):
        found = result.question("total")
        assert found.status == ("error" if shape else "manual"), (code, found)
        assert f"has the shape {shape}" in found.message or "[0] =" in code or not shape


@pytest.mark.parametrize("raised", ["ValueError", "SystemExit", "RecursionError"])
def test_a_text_that_raises_says_nothing_and_stops_nothing(raised: str) -> None:
    namespace: dict[str, type] = {}
    exec(f"class Odd:\n    def __str__(self):\n        raise {raised}", namespace)
    assert shape_of_several(TypeError(namespace["Odd"]())) is None


@given(st.text(max_size=40))
def test_an_error_of_another_kind_tells_of_no_version(text: str) -> None:
    assert lack_in(f"ValueError: np.{text} was removed in the NumPy 2.0 release") is None
    assert lack_in(f"AttributeError: module 'scipy' has no attribute {text!r}") is None


@pytest.mark.parametrize(
    "source",
    ["\n" * 40_000 + "x y", "type x" + " " * 40_000 + "y", "except " + " " * 40_000 + "y z"],
    ids=["lines", "blanks", "blanks and commas"],
)
def test_blanks_take_no_time_that_grows_with_their_square(source: str) -> None:
    begun = time.process_time()
    assert newer_python(source) is None
    assert time.process_time() - begun < 2  # it took 8 s and more
