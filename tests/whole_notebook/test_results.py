"""What a test does with a result is felt by the student's code where a notebook lets it feel it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import needs
import numpy as np
import pytest
from asked_of_both import Asked, asked, make_class, verdicts

from hwlib.errors import WireError
from hwlib.grading.engines.arguments import Arguments

SETUP = """
import functools

import numpy as np

class Node:
    def __init__(self, value, next=None):
        self.value, self.next = value, next
"""
# question → what students do, and whether the notebook gives the point; others are right
QUESTIONS = (
    asked(
        "pair",
        "def pair(n):\n    return np.zeros(n), [0]",
        """
        zeros, items = pair(2)
        zeros[0] = 5
        items.append(1)
        again = pair(2)
        assert (again[0] == 0).all() and again[1] == [0]
        """,
        kept="KEPT = (np.zeros(2), [0])\ndef pair(n):\n    return KEPT",
        cached="@functools.lru_cache\ndef pair(n):\n    return np.zeros(n), [0]",
        part="ZEROS = np.zeros(9)\ndef pair(n):\n    return ZEROS[:n], [0]",
    ),
    asked(
        "nested",
        'def nested(n):\n    return 1.0, {"W": (np.zeros(n), [np.ones(n)])}',
        """
        _, found = nested(2)
        found["W"][1][0][:] = 5
        assert nested(2)[1]["W"][1][0][0] == 1
        """,
        kept='ONES = [np.ones(2)]\ndef nested(n):\n    return 1.0, {"W": (np.zeros(n), ONES)}',
    ),
)
# a test sees by a change whether a result is a copy
SHARED = (
    asked(
        "copied",
        "def copied(x):\n    return x.copy()",
        """
        x = np.zeros((2, 2))
        result = copied(x)
        result[0] = 2
        assert x.sum() == 0 and result.sum() == 4
        """,
        same="def copied(x):\n    return x",
        view="def copied(x):\n    return x[:]",
        odd="def copied(x):\n    return np.asarray(x).T[::-1].T[::-1]",
    ),
    asked(
        "turned",
        "def turned(x):\n    return x.T",
        """
        x = np.zeros((2, 3))
        result = turned(x)
        result[1, 0] = 7
        assert x[0, 1] == 7 and result.base is x and np.shares_memory(result, x)
        """,
        odd="def turned(x):\n    return x.transpose(1, 0)",
        view="def turned(x):\n    return x.T.copy()",
    ),
    asked(
        "rows",
        "def rows(x):\n    return [list(row) for row in x]",
        """
        x = [[1], [2]]
        result = rows(x)
        result[0].append(3)
        assert x == [[1], [2]] and result == [[1, 3], [2]]
        """,
        same="def rows(x):\n    return x",
        view="def rows(x):\n    return x[:]",
        odd="def rows(x):\n    return [x[0], list(x[1])]",
    ),
    asked(
        "found",
        "def found(head, value):\n    while head.value != value:\n        head = head.next\n"
        "    return head, [head.next]",
        """
        head = Node(1, Node(2, Node(3)))
        node, rest = found(head, 2)
        assert node is head.next and rest[0] is head.next.next
        node.value = 5
        assert head.next.value == 5
        """,
        view="import copy\ndef found(head, value):\n    head = copy.deepcopy(head.next)\n"
        "    return head, [head.next]",
    ),
    asked(
        "taken",
        "def taken(stack, table):\n    table['new'] = [1]\n    return stack.pop(), table['new']",
        """
        first, last, table = [1], [2], {}
        stack = [first, last]
        top, new = taken(stack, table)
        assert top is last and stack == [first] and stack[0] is first
        new.append(2)
        assert table == {"new": [1, 2]}
        """,
        same="def taken(stack, table):\n    table['new'] = [1]\n    return stack.pop(), [1]",
        view="def taken(stack, table):\n    table['new'] = [1]\n"
        "    return list(stack.pop()), table['new']",
    ),
    asked(
        "grown",
        "def grown(x):\n    x.append(len(x))\n    return x",
        """
        x = []
        grown(grown(x))
        assert grown(x) is x and x == [0, 1, 2]
        """,
        view="def grown(x):\n    return [*x, len(x)]",
    ),
    # the copy of what does not lie in one piece lies in another way
    asked(
        "columns",
        "def columns(x):\n    return x + 0",
        """
        x = np.arange(6.0).reshape(2, 3).T
        result = columns(x)
        result[0] = 9
        assert x[0, 0] == 0
        """,
        view="def columns(x):\n    return x[:]",
    ),
)
# a test changes what it has passed, and sees whether student code has kept it
KEPT = (
    asked(
        "Copies",
        "class Copies:\n    def __init__(self, rows):\n        self.rows = [list(r) for r in rows]",
        """
        rows = [[1], [2]]
        made = Copies(rows)
        rows[0].append(3)
        rows.append([4])
        assert made.rows == [[1], [2]]
        """,
        keeps="class Copies:\n    def __init__(self, rows):\n        self.rows = rows",
        half="class Copies:\n    def __init__(self, rows):\n        self.rows = list(rows)",
    ),
    asked(
        "Descent",
        "class Descent:\n    def __init__(self, w):\n        self.w = w\n"
        "    def step(self, g):\n        self.w -= g",
        """
        w = np.zeros(2)
        descent = Descent(w)
        descent.step(1)
        w[0] = 5
        descent.step(np.array([1.0, 2.0]))
        assert w.tolist() == [4, -3]
        """,
        half="class Descent:\n    def __init__(self, w):\n        self.w = w.copy()\n"
        "    def step(self, g):\n        self.w -= g",
    ),
    # nobody but the student's object refers to the array for a while; then the test has it again
    asked(
        "Store",
        "class Store:\n    def __init__(self, x):\n        self.x = x\n"
        "    def total(self):\n        return self.x.sum()",
        """
        store = Store(np.zeros(2))
        assert store.total() == 0 and store.total() == 0
        x = store.x
        x[0] = 5
        assert store.total() == 5
        x[1] = 2
        del x
        assert store.total() == 7 and store.total() == 7
        store.x[0] = 1
        assert store.total() == 3
        """,
        half="class Store:\n    def __init__(self, x):\n        self.kept = x\n"
        "    @property\n    def x(self):\n        return self.kept.copy()\n"
        "    def total(self):\n        return self.kept.sum()",
    ),
    asked(
        "Tree",
        "class Tree:\n    def __init__(self, root):\n        self.root = root\n"
        "    def last(self):\n        node = self.root\n        while node.next:\n"
        "            node = node.next\n        return node",
        """
        root = Node(1)
        tree = Tree(root)
        assert tree.last() is root
        root.next = Node(2)
        assert tree.last().value == 2
        root.next.next = Node(3)
        root.value = 7
        assert tree.last().value == 3 and tree.root.value == 7
        """,
        half="import copy\nclass Tree:\n    def __init__(self, root):\n"
        "        self.root = copy.deepcopy(root)\n"
        "    def last(self):\n        return self.root",
    ),
    asked(
        "total",
        "def total(x):\n    return sum(x)",
        """
        x = [1, 2]
        assert total(x) == 3
        x.append(4)
        assert total(x) == 7
        """,
        keeps="SEEN = []\ndef total(x):\n    SEEN.append(x)\n    return sum(SEEN[0])",
        half="SEEN = []\ndef total(x):\n    SEEN.append(list(x))\n    return sum(SEEN[0])",
    ),
)
KEPT_FAILED = {
    "right": set(),
    "keeps": {"Copies"},
    "half": {"Copies", "Descent", "Store", "Tree", "total"},
}
# every kind of argument that a function may change and must not; None: the engine can't repeat it
TABLES = importlib.util.find_spec("pandas") is not None
UNCHANGED: tuple[Asked, ...] = (
    asked(
        "raw",
        "def raw(x):\n    return bytes(x) + b'!'",
        "x = bytearray(b'ab')\nassert raw(x) == b'ab!' and x == b'ab'",
        changes="def raw(x):\n    x += b'!'\n    return bytes(x)",
    ),
    asked(
        "numbers",
        "def numbers(x):\n    return [*x, 3]",
        "x = array.array('i', [1])\nassert numbers(x) == [1, 3] and x.tolist() == [1]",
        changes="def numbers(x):\n    x.append(3)\n    return list(x)",
    ),
    asked(
        "objects",
        "def objects(x):\n    return [*x[1], 3]",
        "x = np.array([1, [2]], dtype=object)\nassert objects(x) == [2, 3] and x[1] == [2]",
        changes="def objects(x):\n    x[1].append(3)\n    return list(x[1])",
    ),
    asked(
        "masked",
        "def masked(x):\n    return float(x[1:].sum())",
        "x = np.ma.array([1.0, 2.0])\nassert masked(x) == 2 and not np.ma.getmaskarray(x).any()",
        changes="def masked(x):\n    x[0] = np.ma.masked\n    return float(x.sum())",
    ),
    asked(
        "shape",
        "def shape(x):\n    return x.reshape(2, 2)",
        "x = np.arange(4)\nresult = shape(x)\n"
        "assert (x if result is None else result).shape == (2, 2)",
        changes="def shape(x):\n    x.shape = (2, 2)",
    ),
    asked(
        "overlap",
        "def overlap(part, whole):\n    return whole.sum() + 10 - part.sum()",
        "x = np.zeros(4)\nassert overlap(x[:2], x) == 10",
        changes="def overlap(part, whole):\n    part[:] = 5\n    return whole.sum()",
    ),
)
UNCHANGED += (
    asked(
        "table",
        "def table(df):\n    return df.assign(c=df.a * 2)",
        "df = pd.DataFrame({'a': [1, 2]})\nbefore = df.copy()\n"
        "assert table(df).c.tolist() == [2, 4] and df.equals(before)",
        changes="def table(df):\n    df['c'] = df.a * 2\n    return df",
    ),
    asked(
        "column",
        "def column(s):\n    return s.fillna(0)",
        "s = pd.Series([1.0, None])\nassert column(s).tolist() == [1, 0] and s.isna().sum() == 1",
        changes="def column(s):\n    s.iloc[1] = 0\n    return s",
    ),
) * TABLES
# each of these ways changes a test's own tensors in a notebook
TORCH = (
    asked(
        "descend",
        """
        def descend(parameters, lr):
            with torch.no_grad():
                for w in parameters:
                    w -= lr * w.grad
                    w.grad.zero_()
        """,
        """
        w = torch.ones(3, requires_grad=True)
        for _ in range(2):
            (w * w).sum().backward()
            descend([w], 0.25)
        assert torch.equal(w.detach(), torch.full((3,), 0.25)) and not w.grad.any()
        """,
        data="""
        def descend(parameters, lr):
            for w in parameters:
                w.data = w.data - lr * w.grad
                w.grad = torch.zeros_like(w)
        """,
        none="""
        def descend(parameters, lr):
            for w in parameters:
                w.data.add_(w.grad, alpha=-lr)
                w.grad = None
        """,
        copies="""
        def descend(parameters, lr):
            for w in parameters:
                w = w.detach() - lr * w.grad
        """,
    ),
    asked(
        "Steps",
        """
        class Steps:
            def __init__(self, parameters, lr):
                self.parameters, self.lr = list(parameters), lr

            def step(self):
                for w in self.parameters:
                    w.data -= self.lr * w.grad

            def zero_grad(self):
                for w in self.parameters:
                    w.grad = None
        """,
        """
        w = torch.ones(1, requires_grad=True)
        steps = Steps([w], 0.25)
        for _ in range(2):
            steps.zero_grad()
            (w * w).sum().backward()
            steps.step()
        assert w.item() == 0.25
        """,
        data="""
        class Steps:
            def __init__(self, parameters, lr):
                self.parameters, self.lr = parameters, lr

            def step(self):
                with torch.no_grad():
                    for w in self.parameters:
                        w.sub_(self.lr * w.grad)

            def zero_grad(self):
                for w in self.parameters:
                    if w.grad is not None:
                        w.grad.zero_()
        """,
        none="""
        class Steps:
            def __init__(self, parameters, lr):
                self.parameters, self.lr = list(parameters), lr

            def step(self):
                for w in self.parameters:
                    w.data -= self.lr * w.grad

            def zero_grad(self):
                pass
        """,
    ),
)
TORCH_FAILED = {
    "right": set(),
    "data": set(),
    "none": {"descend", "Steps"},
    "copies": {"descend"},
}
# functions and iterators of a test give student code what the test looks at again
CALLED = (
    asked(
        "rows_of",
        "def rows_of(rows):\n    return [sorted(row) for row in rows]",
        """
        x = [[2, 1], [4, 3]]
        assert rows_of(iter(x)) == [[1, 2], [3, 4]]
        assert x == [[2, 1], [4, 3]]
        """,
        changes="def rows_of(rows):\n    rows = list(rows)\n    for row in rows:\n"
        "        row.sort()\n    return rows",
    ),
    asked(
        "filled_by",
        "def filled_by(give):\n    give().append(1)",
        "x = []\nfilled_by(lambda: x)\nassert x == [1]",
        copies="def filled_by(give):\n    return [*give(), 1]",
    ),
    asked(
        "step",
        "def step(f, x):\n    g = np.zeros_like(x)\n    f(x, g)\n    return x - g",
        """
        def f(x, g):
            g[:] = 2 * x
        x = np.ones(2)
        assert step(f, x).tolist() == [-1, -1] and x.tolist() == [1, 1]
        """,
        copies="def step(f, x):\n    g = np.zeros_like(x)\n    f(x, g.copy())\n    return x - g",
        changes="def step(f, x):\n    g = np.zeros_like(x)\n    f(x, g)\n    x -= g\n    return x",
    ),
    asked(
        "centred",
        "def centred(batch):\n    x = batch()\n    return x - x.mean()",
        """
        made = []
        def batch():
            made.append(1)
            return np.array([1.0, 3.0])
        assert centred(batch).tolist() == [-1, 1] and made == [1]
        """,
        new="def centred(batch):\n    x = batch()\n    x -= x.mean()\n    return x",
    ),
)
CALLED_FAILED = {
    "right": set(),
    "new": set(),
    "changes": {"rows_of", "step"},
    "copies": {"filled_by", "step"},
}
SHARED_FAILED = {
    "right": set(),
    "same": {"copied", "rows", "taken"},
    "view": {"copied", "turned", "rows", "found", "taken", "grown", "columns"},
    "odd": {"copied", "rows"},
}
FAILED = {"kept": {"pair", "nested"}, "cached": {"pair"}, "part": {"pair"}, "right": set()}


def lost(found: dict[str, dict[str, str]]) -> dict[str, set[str]]:
    """Student → the questions that did not pass."""
    return {
        student: {name for name, status in questions.items() if status != "passed"}
        for student, questions in found.items()
    }


@needs.linux
def test_a_result_that_student_code_has_kept_changes_with_the_tests(tmp_path: Path) -> None:
    assignment = make_class(tmp_path, SETUP, QUESTIONS, tuple(FAILED))
    for engine in ("isolated", "nbgrader"):
        assert lost(verdicts(assignment, engine)) == FAILED, engine


@needs.linux
def test_a_result_that_is_a_part_of_an_argument_is_that_part(tmp_path: Path) -> None:
    assignment = make_class(tmp_path, SETUP, SHARED, tuple(SHARED_FAILED))
    for engine in ("isolated", "nbgrader"):
        found = verdicts(assignment, engine)
        assert lost(found) == SHARED_FAILED, engine
        left = found["view"].pop("columns")
        assert left == ("manual" if engine == "isolated" else "failed")


@needs.linux
def test_a_change_that_can_not_be_repeated_is_left_to_a_human(tmp_path: Path) -> None:
    setup = f"import array\n{SETUP}" + "import pandas as pd\n" * TABLES
    assignment = make_class(tmp_path, setup, UNCHANGED, ("right", "changes"))
    notebook = verdicts(assignment, "nbgrader")
    assert set(notebook["right"].values()) == {"passed"}
    right = {"shape", "overlap"}
    assert {name for name, one in notebook["changes"].items() if one == "passed"} == right
    found = verdicts(assignment, "isolated")
    assert found["right"] == notebook["right"]
    repeated = found["changes"].pop("raw")
    assert repeated == "failed" and set(found["changes"].values()) == {"manual"}


@needs.linux
def test_what_a_test_changes_in_an_argument_changes_what_student_code_has_kept(
    tmp_path: Path,
) -> None:
    assignment = make_class(tmp_path, SETUP, KEPT, tuple(KEPT_FAILED))
    for engine in ("isolated", "nbgrader"):
        assert lost(verdicts(assignment, engine)) == KEPT_FAILED, engine


@needs.linux
@pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason="PyTorch is not installed; run pip install 'hwlib[torch]'",
)
def test_tensors_and_gradients_of_a_test_change_as_in_a_notebook(tmp_path: Path) -> None:
    assignment = make_class(tmp_path, "import torch\n", TORCH, tuple(TORCH_FAILED))
    for engine in ("isolated", "nbgrader"):
        assert lost(verdicts(assignment, engine)) == TORCH_FAILED, engine


@needs.linux
def test_what_functions_of_a_test_give_and_get_may_change(tmp_path: Path) -> None:
    assignment = make_class(tmp_path, SETUP, CALLED, tuple(CALLED_FAILED))
    for engine in ("isolated", "nbgrader"):
        assert lost(verdicts(assignment, engine)) == CALLED_FAILED, engine


# ---- what a hostile worker says ------------------------------------------------------------------

LIES: list[Any] = [
    7,
    [7],
    [[[], [0]]],
    [[0, [0], "same"]],
    [[[], [9], "same"]],
    [[[slice(0, 1)], [0], "same"]],
    [[[9], [0], "same"]],
    [[["a"], [0], "same"]],
    [[[0, 0], [0], [[2], 0, [8]]]],
    [[[0], [0], [[2], -8, [8]]]],
    [[[0], [0], [[2], 32, [8]]]],
    [[[0], [0], [[2], 0, [2**62]]]],
    [[[0], [0], [[2], 0, ["8"]]]],
    [[[0], [0], [[2], 0, 8]]],
    [[[0], [0], [[2], 0, [8, 8]]]],
]


@pytest.mark.parametrize("lie", LIES, ids=range(len(LIES)))
def test_a_lie_about_parts_of_a_result_is_refused(lie: Any) -> None:
    request = {"args": [np.zeros(4), [1]], "kwargs": {}}
    arguments = Arguments(no_reason)
    arguments.begin(in_place=False)
    with pytest.raises(WireError):
        objects = arguments.own_objects(lie, request)
        arguments.with_own((np.ones(2), [1]), lie, objects)


def no_reason(reason: str) -> None:
    raise AssertionError(reason)
