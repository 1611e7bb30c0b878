"""What a student reads of an error: their own line, one sentence, a likely cause."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import nbformat
import needs
import numpy as np
import pytest

from hwlib.checks.advice import advice
from hwlib.grading.engines.words import not_python

PIXELS: Any = np.array([[200, 3], [7, 9]], dtype=np.uint8)
ZEROS: Any = np.zeros(3)
ROW: Any = [1, 2]
LENGTH: Any = 3 / 1
NUMBER: Any = 0.5
PAIR: Any = (0, 1)
COUNTS: Any = {7: 1}
NOTHING: Any = None
RNG = np.random.default_rng(0)


def raised(function: Callable[[], Any]) -> str:
    """What is advised about the error that this raises, which it must."""
    with pytest.raises(Exception) as caught:
        function()
    return advice(type(caught.value).__name__, str(caught.value))


def in_place() -> None:
    PIXELS.copy().__isub__(0.5)


def branch() -> int:
    if len(PIXELS) > 5:
        total = 1
    return total


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda: np.array(np.array_split(np.arange(7), 3)), "keep them in a list"),
        (lambda: np.bincount([-1, 2]), "counts labels from 0 on"),
        (lambda: RNG.choice(5, 6, replace=False), "replace=True"),
        (lambda: -2 * PIXELS, ".astype(float)"),
        (in_place, "make a new array"),
        (lambda: np.zeros((3, 2)) + np.zeros(3), "keepdims"),
        (lambda: np.zeros((3, 2)) @ np.zeros((3, 2)), "inner lengths"),
        (lambda: np.zeros((3, 2)).dot(np.zeros((3, 2))), "inner lengths"),
        (lambda: 1 if np.zeros(3) > 0 else 2, ".any()"),
        (lambda: np.zeros(6).reshape(4, 2), "keeps the number of values"),
        (lambda: (lambda a, b: a)(*np.zeros(3)), "other arguments"),
        (lambda: ZEROS[1.5], "whole number"),
        (lambda: list(range(LENGTH)), "whole number"),
        (lambda: np.zeros(3)[3], "length minus 1"),
        (branch, "branch or loop"),
        (lambda: ROW.shape, "np.array("),
        (lambda: NOTHING[0], "`return` missing"),
        (lambda: NOTHING + 1, "`return` missing"),
        (lambda: np.linalg.inv(np.zeros((2, 2))), "no inverse"),
        (lambda: np.linalg.inv(np.zeros((2, 3))), "Only a square matrix"),
        (lambda: np.linalg.cholesky(-np.eye(2)), "psd_wrap"),
        (
            lambda: np.zeros((2, 2)).__setitem__((slice(None), 0), ZEROS),
            "the lengths that it needs",
        ),
        (lambda: np.concatenate([np.eye(2), np.eye(3)]), "all axes but one"),
        (lambda: np.concatenate([np.eye(3), ZEROS]), "all axes but one"),
        (lambda: np.stack([np.eye(2), np.eye(3)]), "all axes but one"),
        (lambda: np.concatenate([]), "does the loop that should fill it run"),
        (lambda: min([]), "does the loop that should fill it run"),
        (ZEROS[:0].max, "does the loop that should fill it run"),
        (lambda: np.argpartition(ZEROS, 3), "the place k − 1"),
        (lambda: np.eye(2) @ NUMBER, "multiplied with `*`"),
        (lambda: np.eye(2).transpose(0, 2, 1), "do not fit together"),
        (lambda: ZEROS(1), "square brackets"),
        (lambda: ROW[PAIR], "[row, column]"),
        (lambda: ROW - ROW, "[row, column]"),
        (lambda: NUMBER - ROW, "[row, column]"),
        (lambda: ROW * NUMBER, "[row, column]"),
        (lambda: NUMBER[0], "taken too early"),
        (lambda: len(NUMBER), "taken too early"),
        (lambda: sum(NUMBER), "taken too early"),
        (lambda: len(ZEROS[0].reshape(())), "taken too early"),
        (lambda: float(ZEROS), "One number is needed"),
        (lambda: math.exp(ZEROS), "One number is needed"),
        (lambda: ROW.index[0], "called with round ones"),
        (lambda: {ZEROS: 1}, "`tuple(row)`"),
        (lambda: COUNTS[2], "print its keys"),
        (lambda: {"W1": 1}.W1, 'model["W1"]'),  # type: ignore[attr-defined]
        (lambda: ZEROS[0, 1], "fewer axes than there are indices"),
        (lambda: PIXELS[[True, False, True]], "The mask has another length"),
        (lambda: ZEROS.sum(axis=1), "Axes are counted from 0"),
        (lambda: NUMBER / (LENGTH - LENGTH), "the divisor is 0"),
        (lambda: math.log(-NUMBER), "negative number"),
        (lambda: int(float("nan")), "negative number"),
        (lambda: math.exp(1000), "too large for a float"),
        (lambda: 10.0**400, "too large for a float"),
        (lambda: np.broadcast_to(1, 3).__setitem__(0, 2), "work on a copy"),
        (lambda: ZEROS.append(1), "make an array of it at the end"),
        (lambda: RNG.randn(3), "rng.standard_normal"),  # type: ignore[attr-defined]
        (lambda: np.zeros(2, 3), "np.zeros((rows, columns))"),  # type: ignore[call-overload]
    ],
)
def test_errors_of_python_and_numpy_are_explained(function: Callable[[], Any], text: str) -> None:
    assert text in raised(function)


def test_unpacking_is_explained() -> None:
    def too_few() -> None:
        _w, _velocity = np.zeros(3)

    def one() -> None:
        _w, _velocity = NUMBER

    assert "as many names as values" in raised(too_few)
    assert "Several values are asked for" in raised(one)


def test_errors_of_torch_are_explained() -> None:
    torch = needs.module("torch")
    weights = torch.zeros(2, 2, requires_grad=True)
    loss = (weights**2).sum()
    loss.backward()
    assert ".detach()" in raised(weights.numpy)
    assert "no longer knows" in raised(torch.tensor(loss.item()).backward)
    assert "a forward pass of its own" in raised(loss.backward)
    assert ".float()" in raised(lambda: torch.zeros(2, 2, dtype=torch.float64) @ weights)
    assert "inner lengths" in raised(lambda: torch.zeros(2, 3) @ weights)
    assert "torch.no_grad" in raised(lambda: weights.add_(1))


def test_errors_of_cvxpy_are_explained() -> None:
    cvxpy = needs.module("cvxpy")
    x = cvxpy.Variable(2)
    problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.sqrt(cvxpy.sum_squares(x))))
    assert "cp.sum_squares" in raised(problem.solve)


def test_an_error_that_nobody_knows_has_no_advice() -> None:
    assert advice("ValueError", "no luck") == ""
    assert advice("MyError", "list index out of range") == ""


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ('def f(x):\n    print "a"\n', 'in line 2, `^print "a"`, Missing parentheses in call to'),
        ("def f(x):\nreturn x\n", "in line 2, `^return x`, IndentationError: expected an indented"),
        (
            "def f(x):\n    a = 1\n      b = 2\n",
            "in line 3, `^b = 2`, IndentationError: ",
        ),
        ("%matplotlib inline\nx = = 3\n", "in line 2, `x = ^= 3`, invalid syntax."),
        ("x = (1,\n", "in line 1, `x = ^(1,`, '(' was never closed."),
    ],
)
def test_a_cell_that_is_not_python_is_told_with_line_caret_and_reason(
    source: str, told: str
) -> None:
    assert not_python("f", source).startswith(f"The cell f is not valid Python: {told}")


CELLS = {
    "setup": "import numpy as np\nfrom hwlib import checks as check",
    "solution": "def norm(x):\n    return np.linalg.inv(x)\n\ndef todo(x):\n"
    "    raise NotImplementedError()",
    "scores": 'def scores(X, W):\n    """Scores (N, C) of X (N, D) and W (C, D)."""\n'
    "    return (\n        X @ W\n    )",
    "raises": "out = norm(np.zeros((2, 2)))\ncheck.close(out, 1.0)",
    "todo": "check.close(todo(3), 1.0)",
    "not there": "check.close(later(3), 1.0)",
    "no function": "check.close(norm(), 1.0)",
    "own cell": "norm(np.zeros((2, 2)))",
    "whole": "%tb",
    "own slip": "1 / 0",
    "experiment": "print(todo(3))",
    "no name": "print(later)",
    "stub": "raise NotImplementedError()",
    "shapes": "scores(np.zeros((5, 7)), np.zeros((3, 7)))",
    "shapes in a check": "check.close(scores(np.zeros((5, 7)), np.zeros((3, 7))), 1.0)",
    "net": "import torch\n\nclass Net(torch.nn.Module):\n"
    '    """Images (N, 1, 28, 28) → scores (N, 10)."""\n\n    def __init__(self):\n'
    "        super().__init__()\n        self.out = torch.nn.Linear(100, 10)\n\n"
    "    def forward(self, images):\n        return self.out(images.flatten(1))\n\n"
    "Net()(torch.zeros(5, 1, 28, 28))",
    "fails": 'check.close(1.5, 1.0, what="the norm")',
}


@pytest.fixture(scope="module")
def shown() -> dict[str, list[str]]:
    """Name of a cell → the lines that a notebook shows of its error, without colours."""
    from nbclient import NotebookClient

    from hwlib.grading.engines.kernel_verdicts import ANSI

    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(c) for c in CELLS.values()]
    )
    client: Any = NotebookClient(notebook, kernel_name="python3", allow_errors=True)
    done = client.execute()
    return {
        name: [
            ANSI.sub("", line)
            for output in cell.outputs
            if output.output_type == "error"
            for line in output.traceback
        ]
        for name, cell in zip(CELLS, done.cells, strict=True)
    }


def test_an_error_in_a_check_is_shown_without_frames_of_libraries(
    shown: dict[str, list[str]],
) -> None:
    assert shown["raises"] == [
        "✗ LinAlgError: Singular matrix (line 2, in norm: return np.linalg.inv(x))",
        "x is (2, 2).",
        "The matrix has no inverse: are two columns the same?",
    ]
    assert shown["no function"][0].startswith("✗ TypeError: norm() missing 1 required")
    assert shown["fails"][0].startswith("✗ The norm: off by about 0.5")


def test_what_is_not_written_yet_is_called_so(shown: dict[str, list[str]]) -> None:
    where = "Write your code where the cell says YOUR CODE HERE, run that cell, then this one."
    for name in ("todo", "experiment"):
        assert shown[name] == ["✗ `todo` is not written yet.", where]
    assert shown["stub"] == ["✗ This is not written yet.", where]
    for name in ("not there", "no name"):
        assert shown[name] == [
            "✗ `later` is not written yet: no cell that was run defines it.",
            "Run its cell first. Is the name spelled as the task has it?",
        ]


def test_an_error_of_a_library_is_shown_with_the_students_line_and_tb_shows_the_rest(
    shown: dict[str, list[str]],
) -> None:
    assert shown["own cell"] == [
        "✗ LinAlgError: Singular matrix",
        "line 2, in norm: return np.linalg.inv(x)",
        "x is (2, 2). The matrix has no inverse: are two columns the same?",
        "(%tb shows where in the library.)",
    ]


def test_an_error_in_a_students_own_line_keeps_its_traceback(shown: dict[str, list[str]]) -> None:
    assert len(shown["own slip"]) > 3
    assert "ZeroDivisionError" in shown["own slip"][-1]


def test_arrays_that_do_not_fit_are_drawn_with_the_letters_of_the_docstring(
    shown: dict[str, list[str]],
) -> None:
    shapes = "X (N, D) is (5, 7), W (C, D) is (3, 7)."
    first, second, third = shown["shapes"]
    assert first.startswith("✗ ValueError: matmul: ")
    assert second == "line 4, in scores: X @ W"
    assert third.startswith(f"{shapes} In a matrix product the inner lengths must agree")
    assert shown["shapes in a check"][1] == shapes


def test_a_shape_inside_torch_is_told_without_frames_of_torch(shown: dict[str, list[str]]) -> None:
    needs.module("torch")
    assert shown["net"] == [
        "✗ RuntimeError: mat1 and mat2 shapes cannot be multiplied (5x784 and 100x10)",
        "line 11, in forward: return self.out(images.flatten(1))",
        "self.out is Linear(in_features=100, out_features=10, bias=True), images (N, 1, 28, 28) is "
        "(5, 1, 28, 28). In a matrix product the inner lengths must agree, (n, k) @ "
        "(k, m): print both shapes. Is a transpose or a flattening missing?",
        "(%tb shows where in the library.)",
    ]
