"""Which cells a name depends on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwlib.grading.cell_names import names_in
from hwlib.grading.submissions.dependencies import needed_cells


@pytest.mark.parametrize(
    ("source", "binds", "uses"),
    [
        ("x = y + 1", {"x"}, {"y"}),
        ("x = x + 1", {"x"}, {"x"}),
        ("x += 1", {"x"}, {"x"}),
        ("x = 0\nx += 1", {"x"}, set()),
        (
            "def f(a: A, *b: B, c: C = 1, **d: D) -> E: pass",
            {"f"},
            {"A", "B", "C", "D", "E"},
        ),  # a store alone: what it changes is bound, and so needed, already
        ("def f(a, b=c):\n    return a + g(b)", {"f"}, {"c", "g"}),
        ("def f():\n    helper()\ndef helper():\n    pass", {"f", "helper"}, set()),
        (
            "class A(Base):\n    k = K\n    def m(self):\n        return other(self)",
            {"A"},
            {"Base", "K", "other"},
        ),
        ("A.method = method", {"A"}, {"A", "method"}),
        ("table['a'] = v", {"table"}, {"table", "v"}),
        ("model.train(X)", {"model", "X"}, {"model", "X"}),
        ("print(x)", set(), {"x"}),
        ("import numpy as np, os.path\nfrom a import b as c", {"np", "os", "c"}, set()),
        ("for i, j in pairs:\n    total = i\nprint(total, i)", {"i", "j", "total"}, {"pairs"}),
        ("if flag:\n    p = 1\nelse:\n    p = 2\nuse(p)", {"p"}, {"flag", "use"}),
        ("with open(p) as f:\n    data = f.read()", {"f", "data"}, {"p"}),
        (
            "try:\n    import torch\nexcept ImportError as e:\n    torch = None\n    print(e)",
            {"torch"},
            set(),
        ),
        ("[row for row in rows if keep(row)]", set(), {"rows", "keep"}),
        ("f = lambda t: t * scale", {"f"}, {"scale"}),
        ("@decorate\ndef f(): pass", {"f"}, {"decorate"}),
        ("%timeit g(x)\n!ls\ny = 1", {"y"}, set()),
        ("(n := compute(m))", {"n"}, {"compute", "m"}),
        ("del old", {"old"}, {"old"}),
        ("match v:\n    case 1:\n        w = 2", {"w"}, {"v"}),
        ("match v:\n    case [first, *rest]:\n        use(first)", {"first", "rest"}, {"v", "use"}),
        ("[(last := x) for x in xs]", {"last"}, {"xs"}),
        ("@add_to(Net)\ndef forward(self): pass", {"Net", "forward"}, {"Net", "add_to"}),
        ("ps = [p async for p in numbers()]\nawait go()", {"ps"}, {"numbers", "go"}),
        ("def f(:", set(), set()),
    ],
)
def test_names_that_a_cell_binds_and_takes_from_outside(
    source: str, binds: set[str], uses: set[str]
) -> None:
    names = names_in(source)
    assert names.binds == binds
    assert names.uses - {"get_ipython"} == uses


@pytest.mark.parametrize(
    "source",
    [
        "a = x" + " + x" * 2000,
        "a = x" + ".strip()" * 1000,
        "a = " + "".join(f"{i} if x == {i} else " for i in range(2000)) + "0",
        "if x: a = 1\n" + "elif x: a = 2\n" * 2000,
    ],
    ids=["terms", "calls", "choices", "elif"],
)
def test_code_that_python_compiles_is_not_too_deep_for_the_analysis(source: str) -> None:
    compile(source, "<cell>", "exec")
    assert names_in(source) == names_in("a = x")


@pytest.mark.parametrize(
    "call", ["x" + "()" * 2000, "x" + ".a" * 900 + "()", "x" + "[0]" * 900 + "()"]
)
def test_no_call_is_too_deep_for_the_analysis(call: str) -> None:
    assert names_in(call).uses == {"x"}
    assert "*" not in names_in(call).binds


def test_a_helper_is_found_through_the_cells_that_use_it() -> None:
    sources = [
        "def answer(x):\n    return helper(x)",
        "unrelated = 3",
        "def helper(x):\n    return scale * x",
        "scale = 2",
        "plot(unrelated)",
    ]
    assert needed_cells({"answer"}, [names_in(source) for source in sources]) == {0, 2, 3}


def test_a_patched_class_needs_the_cell_that_patches_it() -> None:
    sources = ["class Net:\n    pass", "def forward(self):\n    return 1", "Net.forward = forward"]
    assert needed_cells({"Net"}, [names_in(source) for source in sources]) == {0, 1, 2}


def test_given_names_pull_nothing_in() -> None:
    cells = [names_in("show(X_train)"), names_in("def f():\n    return X_train")]
    assert needed_cells({"f"}, cells, frozenset({"X_train"})) == {1}


@given(st.text())
def test_any_text_has_names(source: str) -> None:
    names = names_in(source)
    assert names.parsed or not names.binds | names.uses
