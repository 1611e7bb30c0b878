"""A test that compares two of the student's functions: those that only agree earn nothing, and
right ones lose nothing.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path

import needs
import pytest
from courses import make_assignment, released

from hwlib.grading import Assignment, verify
from hwlib.grading.engines.bench import Bench
from hwlib.grading.engines.compared import compared
from hwlib.grading.engines.confirm import MOST_LANES
from hwlib.grading.engines.isolated import IsolatedEngine
from hwlib.grading.outlets.gradescope_run import prepare
from hwlib.grading.results import QuestionResult
from hwlib.grading.sandbox import processes

pytestmark = needs.linux

NOTEBOOK = """\
# %% [markdown]
# # Two ways

# %% setup
import numpy as np
import hwlib.checks as check

# %% solution="slow"
def slow(X):
    ### BEGIN SOLUTION
    return np.array([sum(value * value for value in row) for row in X])
    ### END SOLUTION

# %% solution="fast"
def fast(X):
    ### BEGIN SOLUTION
    return (X**2).sum(axis=1)
    ### END SOLUTION

# %% test="fast" points=4
{test}
"""
AGREE = """
rng = check.rng()
for rows in (2, 5, 3):
    X = rng.normal(size=(rows, 4))
    check.close(fast(X), slow(X), what="fast(X) against slow(X)")
"""
OWN = """
X = check.rng().normal(size=(6, 4))
right = np.einsum("ij,ij->i", X, X)
found = fast(X)
check.close(found, right, what="fast(X)")
check.close(slow(X), right, what="slow(X)")
check.close(found, slow(X), what="fast(X) against slow(X)")
"""


def make(root: Path, test: str = AGREE, notebook: str = NOTEBOOK) -> Assignment:
    return make_assignment(root, "ways", notebook.format(test=test), points=4)


def graded(assignment: Assignment, slow: str = "", fast: str = "") -> QuestionResult:
    """The question, in the notebook of a student with these cells."""
    slow = slow or "def slow(X):\n    return np.array([sum(v * v for v in row) for row in X])\n"
    fast = fast or "def fast(X):\n    return (X**2).sum(axis=1)\n"
    notebook = released(assignment, solution_slow=slow, solution_fast=fast)
    with IsolatedEngine(assignment, seed=3) as engine:
        assert engine.check_reference().failing == {}
        outcome = engine.grade_notebook(notebook, "student")
    return outcome.result.questions[0]


# ---- functions that agree and are wrong ----------------------------------------------------------

WRONG = {
    "the second repeats what the first has said": (
        "said = {}\n"
        "def slow(X):\n    return said.setdefault(X.tobytes(), np.random.rand(len(X)))\n",
        "def fast(X):\n    return said.setdefault(X.tobytes(), np.random.rand(len(X)))\n",
    ),
    "one tells the other by a file": (
        "def slow(X):\n    return np.load('told.npy')\n",
        "def fast(X):\n    np.save('told.npy', X.sum(axis=1))\n    return X.sum(axis=1)\n",
    ),
    "the first remembers its argument": (
        "last = []\ndef slow(X):\n    return last[-1].sum(axis=1) if last else np.zeros(len(X))\n",
        "def fast(X):\n    last.append(X)\n    return X.sum(axis=1)\n",
    ),
    "they tell each other through the shared memory of the machine": (
        "def slow(X):\n    return np.load('/dev/shm/hw-told.npy')\n",
        "import os\ndef fast(X):\n    np.save('/dev/shm/hw-told.npy', X.sum(axis=1))\n"
        "    os.chmod('/dev/shm/hw-told.npy', 0o666)\n    return X.sum(axis=1)\n",
    ),
    "both compute the same wrong thing": (
        "def slow(X):\n    return X.sum(axis=1)\n",
        "def fast(X):\n    return X @ np.ones(4)\n",
    ),
}
SAME = {
    "zeros": "np.zeros(len(X))",
    "ones": "np.ones(len(X))",
    "NaN": "np.full(len(X), np.nan)",
}


@pytest.mark.parametrize("what", WRONG)
def test_functions_that_only_agree_are_left_to_a_human(tmp_path: Path, what: str) -> None:
    slow, fast = WRONG[what]
    found = graded(make(tmp_path), slow, fast)
    assert (found.status, found.points) == ("manual", 0)
    assert "the check compares your functions with one another" in found.message


def test_verify_names_solutions_that_would_wait_for_a_human(tmp_path: Path) -> None:
    assignment = make(tmp_path)
    slow, fast = WRONG["the first remembers its argument"]
    own = f'REPLACES = ["slow", "fast"]\n{{}}\n\n{slow}\n{fast}'
    for kind, fails in (("right", ""), ("wrong", 'FAILS = ["fast"]\nHINT = "compares"')):
        (assignment.folder / kind).mkdir(exist_ok=True)
        path = assignment.folder / kind / "tells.py"
        path.write_text(f'"""One tells the other."""\n\n{own.format(fails)}')
    found = verify(assignment, compare=False).complaints
    assert [one for one in found if "human" in one] == [
        "right tells: fast would wait for a human, but the course's own solution does not"
    ]


@pytest.mark.parametrize("what", SAME)
def test_functions_that_always_say_the_same_earn_nothing(tmp_path: Path, what: str) -> None:
    test = AGREE.replace("check.close(", "np.testing.assert_allclose(").replace(
        ', what="fast(X) against slow(X)"', ""
    )
    bodies = (f"def {name}(X):\n    return {SAME[what]}\n" for name in ("slow", "fast"))
    found = graded(make(tmp_path, test), *bodies)
    assert (found.status, found.points) == ("failed", 0)
    assert found.message.startswith("`fast` gives the same answer to everything")


def test_without_confirmation_they_earn_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: each of these attacks succeeds where nothing is confirmed."""
    monkeypatch.setattr(Bench, "confirm", lambda bench, names: None)
    assignment = make(tmp_path)
    zeros = (f"def {name}(X):\n    return np.zeros(len(X))\n" for name in ("slow", "fast"))
    for slow, fast in (*list(WRONG.values())[:2], tuple(zeros)):
        assert graded(assignment, slow, fast).points == 4


# ---- right ones ----------------------------------------------------------------------------------

RIGHT = {
    "the course's": ("", ""),
    "other ones": (
        "def slow(X):\n    return np.diag(X @ X.T)\n",
        "def fast(X):\n    return np.einsum('ij,ij->i', X, X)\n",
    ),
    "one asks the other": ("", "def fast(X):\n    return slow(X)\n"),
    "lists": ("def slow(X):\n    return [float(row @ row) for row in X]\n", ""),
    "a memory of its own": (
        "seen = {}\n"
        "def slow(X):\n    key = X.tobytes()\n    if key not in seen:\n"
        "        seen[key] = (X * X).sum(axis=1)\n    return seen[key]\n",
        "",
    ),
    "its input changes": (
        "def slow(X):\n    X *= X\n    return X.sum(axis=1)\n",
        "def fast(X):\n    return (X.copy() ** 2).sum(axis=1)\n",
    ),
}


@pytest.mark.parametrize("what", RIGHT)
def test_right_functions_pass(tmp_path: Path, what: str) -> None:
    found = graded(make(tmp_path), *RIGHT[what])
    assert (found.status, found.points) == ("passed", 4), found


PARTS = """
X = check.rng().normal(size=(5, 4))
with check.part(1, "slow"):
    check.close(slow(X), np.einsum("ij,ij->i", X, X), what="slow(X)")
with check.part(3, "the shape"):
    check.equal(np.shape(fast(X)), np.shape(slow(X)), what="the shape of fast(X)")
"""


def confirmed(assignment: Assignment) -> frozenset[str]:
    with IsolatedEngine(assignment, seed=3) as engine:
        check = engine.check_reference()
    assert check.failing == {}
    return check.proved.confirmed


def test_a_test_that_compares_only_functions_is_confirmed(tmp_path: Path) -> None:
    assert confirmed(make(tmp_path)) == {"fast"}


def test_a_test_with_an_answer_of_its_own_is_not_run_again(tmp_path: Path) -> None:
    assert confirmed(make(tmp_path, OWN)) == frozenset()


GATED = """
X = check.rng().normal(size=(5, 4))
if np.allclose(slow(X), (X**2).sum(axis=1)):
    check.close(fast(X), (X**2).sum(axis=1), what="fast(X)")
"""
AGREEMENTS = {
    "a ratio": "X = np.ones((3, 4))\nassert np.allclose(np.divide(fast(X), slow(X)), 1)",
    "a length": "X = np.ones((3, 4))\nassert len(fast(X)) == len(slow(X))",
    "an order": "X = check.rng().normal(size=(9, 4))\n"
    "assert (np.argsort(fast(X)) == np.argsort(slow(X))).all()",
}


def test_a_test_that_functions_pass_which_do_not_agree_is_not_run_again(tmp_path: Path) -> None:
    assert confirmed(make(tmp_path, GATED)) == frozenset()


@pytest.mark.parametrize("what", AGREEMENTS)
@pytest.mark.parametrize("kind", ["array", "list"])
def test_whatever_functions_must_agree_about_is_confirmed(
    tmp_path: Path, what: str, kind: str
) -> None:
    notebook = NOTEBOOK
    if kind == "list":
        notebook = notebook.replace("return (X**2).sum(axis=1)", "return list((X**2).sum(axis=1))")
        notebook = notebook.replace(
            "np.array([sum(value * value for value in row) for row in X])",
            "[sum(value * value for value in row) for row in X]",
        )
        assert "np.array" not in notebook
    assert confirmed(make(tmp_path, AGREEMENTS[what], notebook)) == {"fast"}


def test_gradescopes_image_knows_which_tests_are_confirmed(tmp_path: Path) -> None:
    assignment = make(tmp_path / "source" / "course")
    prepare(tmp_path, assignment)
    assert json.loads((tmp_path / "source" / "confirmed.json").read_text()) == ["fast"]


def test_where_one_function_needs_the_objects_of_another_the_test_is_not_run_again(
    tmp_path: Path,
) -> None:
    notebook = NOTEBOOK.replace(
        "    return np.array([sum(value * value for value in row) for row in X])",
        "    class Squares:\n        sums = (X**2).sum(axis=1)\n    return Squares()",
    ).replace("    return (X**2).sum(axis=1)\n", "    return X.sums\n")
    assert "return X.sums" in notebook and "class Squares" in notebook
    test = "X = np.eye(3)\nassert (fast(slow(X)) == fast(slow(X))).all() and slow(X) is not fast"
    assert confirmed(make(tmp_path, test, notebook)) == frozenset()


def test_a_part_with_an_answer_of_its_own_keeps_its_points(tmp_path: Path) -> None:
    assignment = make(tmp_path, PARTS)
    assert confirmed(assignment) == {"fast"}
    found = graded(assignment)
    assert (found.status, found.points) == ("passed", 4)


def test_no_two_workers_of_a_submission_have_one_user() -> None:
    assert MOST_LANES <= processes.UIDS_A_SUBMISSION


def test_a_class_whose_methods_a_test_replaces_is_not_compared() -> None:
    replaces = """
def with_right_class(*arguments):
    own = {name: getattr(Model, name) for name in right}
    try:
        for name, method in right.items():
            setattr(Model, name, method)
        return validate(*arguments)
    finally:
        for name, method in own.items():
            setattr(Model, name, method)
found = with_right_class(3)
expected = known(found)
assert close(found, expected)
"""
    own = {name: frozenset([name]) for name in ("Model", "validate")}
    assert compared(ast.parse(replaces), own) == frozenset()
    asks = replaces + "assert found == Model(3)\n"
    assert compared(ast.parse(asks), own) == {"Model", "validate"}
    read = "assert getattr(Model, 'slow')(3) == validate(3)"
    assert compared(ast.parse(read), own) == {"Model", "validate"}
