"""Values that cannot cross between the two processes are a human's, never the student's zero."""

from __future__ import annotations

from pathlib import Path

import needs
import pytest
from asked_of_both import Asked, asked, make_class, verdicts

pytestmark = needs.linux

NAMESPACE = asked(
    "names_of",
    "def names_of(x):\n    return sorted(vars(x))",
    """
    from types import SimpleNamespace
    assert names_of(SimpleNamespace(b=2, a=1)) == ["a", "b"]
    """,
    wrong="def names_of(x):\n    return list(vars(x))",
)
# the test passes with each of these in a notebook
TENSORS = asked(
    "identity",
    "def identity(n):\n    return torch.eye(n)",
    "assert identity(3).to_dense().shape == (3, 3)",
    sparse="def identity(n):\n    return torch.eye(n).to_sparse()",
    meta="def identity(n):\n    return torch.empty(n, n, device='meta')",
)
QUEUE = asked(
    "longest",
    "def longest(queue):\n    return len(queue.items)",
    "queue = Queue()\nassert longest(queue) == 0",
)
SETUP = """
from collections import deque

class Queue(deque):
    items = ()
"""

READING = asked(
    "first", "def first(box):\n    return 1", "assert first(Closed()) == 1", other="first = 2"
)
CLOSED = """
class Closed:
    __dict__ = property(lambda self: 1 / 0)
"""


def graded(folder: Path, setup: str, question: Asked) -> dict[str, str]:
    students = ("reference", *question.codes)
    assignment = make_class(folder, setup, (question,), students)
    found = verdicts(assignment, "isolated", jobs=1)
    return {student: found[student][question.name] for student in students}


def test_a_simple_namespace_arrives_as_one(tmp_path: Path) -> None:
    found = graded(tmp_path, "import math", NAMESPACE)
    assert found == {"reference": "passed", "wrong": "failed"}


def test_an_instance_that_is_more_than_its_attributes_ends_no_worker(tmp_path: Path) -> None:
    assert graded(tmp_path, SETUP, QUEUE) == {"reference": "manual"}


def test_a_fault_of_the_engine_is_not_the_students(
    tmp_path: Path,
) -> None:
    found = graded(tmp_path, CLOSED, READING)
    assert found == {"reference": "manual", "other": "failed"}


@needs.installed("torch")
def test_a_tensor_without_plain_numbers_is_a_humans(tmp_path: Path) -> None:
    found = graded(tmp_path, "import torch", TENSORS)
    assert found == {"reference": "passed", "sparse": "manual", "meta": "manual"}


@pytest.mark.parametrize("end", ["import sys\nsys.exit(1)", "raise KeyboardInterrupt"])
def test_a_setup_cell_that_ends_costs_only_what_needs_it(tmp_path: Path, end: str) -> None:
    free = asked("twice", "def twice(x):\n    return 2 * x", "assert twice(2) == 4")
    needs_it = asked("more", "def more(x):\n    return x + K", "assert more(1) == K + 1")
    setup = "import math\n\n# %% setup\n" + end + "\nK = 1"
    assignment = make_class(tmp_path, setup, (free, needs_it), ("ada",))
    found = verdicts(assignment, "isolated", jobs=1)
    assert found == {"ada": {"twice": "passed", "more": "manual"}}
