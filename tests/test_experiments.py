"""Experiments are not run for a grade, unless student code needs a name that one of them binds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from courses import hand_in, make_assignment, with_code
from needs import linux

from hwlib.grading import SubmissionResult, grade_assignment
from hwlib.grading.grade import GradeOptions
from hwlib.grading.proof.variants import reference_notebook

NOTEBOOK = """\
# %% solution="double"
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% experiment
import operator as op
calls = []

# %% experiment
class Factor:
    two = op.index(2)

factor = Factor()

# %% experiment
while True:
    pass

# %% test="double" points=2
assert double(2) == 4

# %% test="double-again" points=1
assert double(3) == 6

# %% experiment
late = 2
"""
NEEDS = {
    "a value": "return factor.two * x",
    "what it imports": "return op.mul(2, x)",
    "several": "return op.mul(factor.two, x)",
    "one below": "return late * x",
    "one that it changes": "calls.append(x)\n    return op.mul(2, x)",
}


def graded(root: Path, code: str) -> SubmissionResult:
    assignment = make_assignment(root, "experiments", NOTEBOOK, points=3)
    notebook = with_code(reference_notebook(assignment), {"double": f"def double(x):\n    {code}"})
    hand_in(assignment, "ada", json.dumps(notebook))
    options = GradeOptions(engine="isolated")
    return grade_assignment(assignment, root / "submitted", root, options=options).submissions[0]


@linux
@pytest.mark.parametrize("code", NEEDS.values(), ids=NEEDS)
def test_a_name_of_an_experiment_can_be_used(tmp_path: Path, code: str) -> None:
    result = graded(tmp_path, code)
    assert [one.points for one in result.questions] == [2, 1], result


@linux
def test_a_name_that_nothing_binds_is_still_missing(tmp_path: Path) -> None:
    result = graded(tmp_path, "return op.mul(nowhere, x)")
    assert [one.points for one in result.questions] == [0, 0]
    assert "nowhere" in result.questions[0].message
