"""`hw viva`: questions about a student's own code, whose answers are what the code does."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import needs
import numpy as np
import pytest
from courses import hand_in, make_assignment, released

from hwlib.commands import run
from hwlib.grading import Assignment
from hwlib.grading.submissions.files import find_submissions
from hwlib.grading.viva.own_code import _statements
from hwlib.grading.viva.questions import Asked, Sheet, draw_questions
from hwlib.grading.viva.sheet import as_markdown

pytestmark = needs.linux

NOTEBOOK = """\
# %% [markdown]
# # Distances

# %% setup
import numpy as np
from hwlib import checks as check

# %% [markdown]
# ## 1. Distances

# %% solution="distances"
def distances(X, Y):
    ### BEGIN SOLUTION
    return np.abs(X[:, None] - Y[None]).sum(axis=2)
    ### END SOLUTION

# %% test="distances" points=2
D = distances(np.ones((3, 4)), np.zeros((5, 4)))
assert D.shape == (3, 5), f"found {D.shape}"
### BEGIN HIDDEN TESTS
assert distances(np.ones((1, 2)), np.ones((1, 2)))[0, 0] == 0, "secret"
### END HIDDEN TESTS

# %% [markdown]
# ## 2. Doubling

# %% solution="double"
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% test="double" points=1
with check.part(1, "three"):
    assert double(3) == 6, "not twice"
check.earned()
"""
OWN = '''\
def distances(X, Y):
    """Of all pairs."""
    apart = X[:, None] - Y[None]
    apart = np.abs(apart)
    unused = 7
    return apart.sum(axis=2)
'''
SPIN = """\
def double(x):
    n = x
    while n > 0:
        n = n - 1
    y = x + x
    return y
"""


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Sheet:
    root = tmp_path_factory.mktemp("course")
    place = make_assignment(root, "small", NOTEBOOK, points=3)
    hand_in(place, "ada", released(place, solution_distances=OWN, solution_double=SPIN))
    (found,) = find_submissions(place, root / "submitted", ["ada"])
    return draw_questions(place, found, 100, np.random.default_rng(0))


def answer(sheet: Sheet, *words: str) -> str:
    (one,) = (one for one in sheet.asked if all(word in one.question for word in words))
    return one.answer


def test_shapes_are_those_that_the_line_makes(sheet: Sheet) -> None:
    assert answer(sheet, "What shape has `apart` after line 3") == "(3, 5, 4)"
    assert answer(sheet, "What is `unused` after line 5") == "7"


def test_what_a_function_returns_is_asked_for_another_input(sheet: Sheet) -> None:
    assert answer(sheet, "`double(4)`") == "8"


def test_what_happens_without_a_line_is_what_the_check_then_says(sheet: Sheet) -> None:
    assert answer(sheet, "without line 3, `apart = X[:, None] - Y[None]`").startswith(
        "UnboundLocalError"
    )
    assert answer(sheet, "without line 5, `unused = 7`").startswith("The visible check still")
    assert answer(sheet, "without line 4, `n = n - 1`").startswith("The check does not end")
    assert "name 'y'" in answer(sheet, "without line 5, `y = x + x`")  # in a part


def test_no_hidden_test_is_used(sheet: Sheet) -> None:
    assert "secret" not in as_markdown(sheet)


def test_the_sheet_has_some_of_each_kind(sheet: Sheet) -> None:
    assert [one.kind for one in sheet.asked[:3]] == ["shape", "value", "line"]


def test_the_command_writes_the_sheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place: Assignment = make_assignment(tmp_path, "small", NOTEBOOK, points=3)
    hand_in(place, "ada", released(place, solution_distances=OWN))
    hand_in(place, "bob", released(place))
    monkeypatch.chdir(tmp_path)
    told: dict[str, Any]
    arguments = ["viva", "small", "--student", "ada", "--questions", "3", "--seed", "1"]
    assert run([*arguments, "--json", "told.json"]) == 0
    told = json.loads(Path("told.json").read_text())
    assert len(told["asked"]) == 3
    text = Path("small-ada-viva.md").read_text()
    assert "3      apart = X[:, None] - Y[None]" in text
    assert text.index("# Answers") > text.index("## 3")
    assert run(["viva", "small", "--student", "bob"]) == 2
    assert "no function in the solutions" in capsys.readouterr().err


def test_code_stays_code_and_names_stay_text() -> None:
    asked = Asked("shape", "f", "x = '```'\n# </script>", "What is `x` in <b>?", "`1`\n# no")
    text = as_markdown(Sheet("<i>", "[a](b)", (asked,)))
    assert "````python\nx = '```'" in text
    assert "What is `x` in \\<b\\>?" in text
    assert "\\<i\\>" in text
    assert "1. `'1' # no`" in text


def test_no_function_is_too_deep_for_its_statements() -> None:
    code = "def f(x):\n    if x: y = 1\n" + "    elif x: y = 2\n" * 1500 + "    return y\n"
    (node,) = ast.parse(code).body
    assigned = [one for one in _statements(node) if isinstance(one, ast.Assign)]
    assert [one.lineno for one in assigned] == list(range(2, 1503))
