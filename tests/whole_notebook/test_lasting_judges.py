"""A judge grades several submissions only if nothing is left of one when the next one comes."""

from __future__ import annotations

from pathlib import Path

import needs
import pytest
from courses import hand_in, make_assignment

from hwlib.grading import GradeOptions, grade_assignment
from hwlib.grading.engines.isolated import IsolatedEngine
from hwlib.grading.proof.variants import reference_notebook

pytestmark = needs.linux

NOTEBOOK = """\
# %% [markdown]
# # What a test leaves behind

# %% setup
import argparse
import os
import sys
from dataclasses import dataclass, field
import numpy as np
{setup}

# %% solution="one"
def one():
    ### BEGIN SOLUTION
    return 1
    ### END SOLUTION

# %% test="one" points=1
{test}
"""
# setup cell, test, whether what the test changes can be set back
CASES: dict[str, tuple[str, str, bool]] = {
    "nothing": ("X = [1]", "assert X == [one()]", True),
    "a list": ("X = []", "X.append(one())\nassert X == [1]", True),
    "lists in a dict": (
        "X = {'a': [[]]}",
        "X['a'][0].append(one())\nassert X == {'a': [[1]]}",
        True,
    ),
    "an array": ("X = np.zeros(3)", "X += one()\nassert X.sum() == 3", True),
    "an instance": (
        "@dataclass\nclass Box:\n    items: list = field(default_factory=list)\nX = Box()",
        "X.items.append(one())\nX.name = 1\nassert X.items == [1]",
        True,
    ),
    "a class": ("class X:\n    n = 0", "X.n += one()\nassert X.n == 1", True),
    "a function": ("def X():\n    pass\nX.n = 0", "X.n += one()\nassert X.n == 1", True),
    "a closure": (
        "def make():\n    n = [0]\n    return lambda: n\nX = make()",
        "X()[0] += one()\nassert X() == [1]",
        True,
    ),
    "a generator of numbers": (
        "X = np.random.default_rng(3)",
        "assert X.integers(1000) * one() == np.random.default_rng(3).integers(1000)",
        True,
    ),
    "a large array, read": ("X = np.zeros(10**6)", "assert X.sum() + one() == 1", True),
    "a large array": ("X = np.zeros(10**6)", "X += one()\nassert X.sum() == 1e6", False),
    "an iterator": ("X = iter(range(9))", "assert next(X) + one() == 1", False),
    "an object of a library": (
        "X = argparse.Namespace(n=0)",
        "X.n += one()\nassert X.n == 1",
        False,
    ),
    "such an object, read": ("X = argparse.Namespace(n=0)", "assert X.n + one() == 1", True),
    "a setting": (
        "",
        "assert np.geterr()['under'] == 'ignore'\nnp.seterr(under='warn')\nassert one() == 1",
        False,
    ),
    "an environment variable": (
        "",
        "assert 'HWLIB_LEFT' not in os.environ\nos.environ['HWLIB_LEFT'] = '1'\nassert one() == 1",
        True,  # the engine sets it back after every test
    ),
    "a recursion limit": (
        "X = sys.getrecursionlimit()",
        "assert sys.getrecursionlimit() == X\nsys.setrecursionlimit(X + 7)\nassert one() == 1",
        False,
    ),
}


@pytest.mark.parametrize(("setup", "test", "lasting"), CASES.values(), ids=CASES)
def test_nothing_of_one_submission_is_left_for_the_next(
    tmp_path: Path, setup: str, test: str, lasting: bool
) -> None:
    assignment = make_assignment(
        tmp_path, "left", NOTEBOOK.format(setup=setup, test=test), points=1
    )
    with IsolatedEngine(assignment, 1) as engine:
        engine.learn_imports()
        assert engine.check_reference().failing == {}
        assert engine.lasting is lasting
    for student in ("ada", "bob", "eve"):
        hand_in(assignment, student, reference_notebook(assignment))
    report = grade_assignment(
        assignment, tmp_path / "submitted", tmp_path, options=GradeOptions(jobs=1)
    )
    assert [one.score for one in report.submissions] == [1, 1, 1], report.submissions


def test_a_fork_of_a_process_whose_torch_has_threads_does_not_hang(tmp_path: Path) -> None:
    torch = needs.module("torch")
    torch.set_num_threads(2)
    torch.rand(600, 600) @ torch.rand(600, 600)  # now it has them
    setup, test = "import torch", "x = torch.rand(600, 600)\nassert (x @ x).shape[0] == 600 * one()"
    notebook = NOTEBOOK.format(setup=setup, test=test)
    assignment = make_assignment(tmp_path, "left", notebook, points=1)
    hand_in(assignment, "ada", reference_notebook(assignment))
    report = grade_assignment(
        assignment, tmp_path / "submitted", tmp_path, options=GradeOptions(jobs=1)
    )
    assert [one.score for one in report.submissions] == [1]
