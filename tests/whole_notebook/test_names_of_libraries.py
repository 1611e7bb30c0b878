"""A task may be to write what a library or Python has under the same name."""

from __future__ import annotations

from pathlib import Path

import needs
import pytest
from asked_of_both import asked, make_class, verdicts

from hwlib.grading.grade import Engine

pytestmark = needs.linux

WRONG = "def {}(*values):\n    return 7\n"
STUB = "def {}(*values):\n    raise NotImplementedError\n"
QUESTIONS = tuple(
    asked(name, solution, test, wrong=WRONG.format(name), stub=STUB.format(name))
    for name, solution, test in (
        ("mean", "def mean(x):\n    return sum(x) / len(x)", "assert mean([1, 2]) == 1.5"),
        ("hypot", "def hypot(a, b):\n    return (a * a + b * b) ** 0.5", "assert hypot(3, 4) == 5"),
        # another meaning than the library's
        ("comb", "def comb(a):\n    return a + 1", "assert comb(1) == 2"),
        ("e", "e = 3\n", "assert e == 3"),
        ("max", "def max(a, b):\n    return a if a > b else b", "assert max(2, 3) == 3"),
        ("sorted", "def sorted(x):\n    return x[::-1]", "assert sorted([2, 3, 1]) == [1, 3, 2]"),
    )
)
SETUP = "from numpy import *\nfrom math import *"


@pytest.mark.parametrize("engine", ["isolated", "nbgrader"])
def test_the_students_function_is_tested_and_not_the_librarys(
    engine: Engine, tmp_path: Path
) -> None:
    assignment = make_class(tmp_path, SETUP, QUESTIONS, ("right", "wrong", "stub"))
    found = verdicts(assignment, engine)
    assert set(found["right"].values()) == {"passed"}, found["right"]
    for student in ("wrong", "stub"):
        lost = {name for name, status in found[student].items() if status != "passed"}
        assert lost == {question.name for question in QUESTIONS}, found[student]
