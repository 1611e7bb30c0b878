"""The reference solution of backprop gives the numbers of the syllabus, for torch too, and is
graded for the id that a student wrote.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import needs
import numpy as np
import pytest
from course_solutions import replaced

from hwlib.grading import find_course, grade_many
from hwlib.grading.answer_key import load_key
from hwlib.grading.proof.variants import reference_notebook
from hwlib.grading.submissions.files import FoundSubmission
from hwlib.student_numbers import network_numbers

ROOT = Path(__file__).resolve().parents[1]
ASSIGNMENT = find_course(ROOT).assignment("backprop")


def solved(student_id: str = "") -> dict[str, Any]:
    """The names that the setup, given and solution cells define for a student."""
    names: dict[str, Any] = {}
    for cell in load_key(ASSIGNMENT).by_role("setup", "code", "solution"):
        if cell.name != "setup-1":  # gets hwlib where it is missing
            exec(cell.source.replace('student_id = ""', f"student_id = {student_id!r}"), names)
    return names


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    return solved()


def test_the_example_has_the_numbers_of_the_syllabus(reference: dict[str, Any]) -> None:
    n, answers = reference["numbers"], reference["answers"]
    assert n.W1 @ n.x0 + n.b1 == pytest.approx([0.3775, 0.3925])
    assert answers["x1"] == pytest.approx([0.59326999, 0.59688438], abs=1e-8)
    assert n.W2 @ answers["x1"] + n.b2 == pytest.approx(1.10590597, abs=1e-8)
    assert [answers["x2"], answers["loss"], answers["db2"]] == pytest.approx(
        [0.75136507, 0.27481108, 0.13849856], abs=1e-8
    )
    assert answers["dW2"] == pytest.approx([0.08216704, 0.08266763], abs=1e-8)
    assert answers["dW1"] == pytest.approx(
        np.array([[0.0006684, 0.00133679], [0.0007498, 0.00149961]]), abs=1e-8
    )
    assert answers["db1"] == pytest.approx([0.01336792, 0.01499608], abs=1e-8)


def test_the_published_mistake_gives_the_published_numbers(reference: dict[str, Any]) -> None:
    answers = reference["answers"]
    wrong = -1 / (answers["x2"] - reference["numbers"].y)  # ∂ℓ/∂x2 taken as −1
    assert answers["db2"] * wrong == pytest.approx(-0.1868, abs=5e-5)
    assert answers["dW2"] * wrong == pytest.approx([-0.1108, -0.1115], abs=5e-5)


@pytest.mark.parametrize("student_id", ["", "u1234567", "é 42"])
def test_torch_finds_the_same_gradients(student_id: str) -> None:
    torch = needs.module("torch")
    names = solved(student_id)
    n = names["numbers"]
    weights = {
        name: torch.tensor(getattr(n, name), dtype=torch.float64, requires_grad=True)
        for name in ("W1", "b1", "W2", "b2")
    }
    hidden = torch.sigmoid(weights["W1"] @ torch.tensor(n.x0) + weights["b1"])
    loss = 0.5 * (torch.sigmoid(weights["W2"] @ hidden + weights["b2"]) - n.y) ** 2
    loss.backward()
    assert float(names["answers"]["loss"]) == pytest.approx(loss.item())
    for name, weight in weights.items():
        assert names["answers"][f"d{name}"] == pytest.approx(weight.grad.numpy(), rel=1e-10)


def test_f_and_its_jacobian_are_those_of_the_syllabus(reference: dict[str, Any]) -> None:
    assert reference["f"](np.array([1.0, 2.0])) == pytest.approx([7.80207426e24, 2.73105858])
    assert reference["f"](np.array([0.1, 0.2])) == pytest.approx([13.9414220, 0.5449792], abs=5e-8)
    for mode in ("forward_mode", "reverse_mode"):
        _, far = reference[mode](np.array([1.0, 2.0]))
        assert far == pytest.approx(np.array([[2.12082367e25, 8.51957643e26], [2.19661193, 1]]))
        _, near = reference[mode](np.array([0.1, 0.2]))
        assert near == pytest.approx(
            np.array([[13.8898018, 37.4985425], [0.4493760, 0.1]]), abs=6e-8
        )


def test_without_the_second_path_the_derivative_is_that_of_the_syllabus() -> None:
    names = replaced(solved(), "backprop", "forward_without_sine")
    assert names["forward_mode"](np.array([0.1, 0.2]))[1][0, 0] == pytest.approx(14.835, abs=5e-4)


def test_differences_fail_at_the_bad_point_as_the_syllabus_says(reference: dict[str, Any]) -> None:
    w, exact = np.array([1.0, 2.0]), 8.51957643e26
    found = [reference["numeric_jacobian"](reference["f"], w, step)[0, 1] for step in (0.01, 0.1)]
    assert found[0] / exact - 1 == pytest.approx(0.22, abs=5e-3)
    assert 1e3 < found[1] / exact < 1e5  # "wrong by 4 orders"
    sine_alone = abs(np.cos(np.exp(1) + np.exp(4))) * 2 * np.exp(4)
    assert sine_alone / exact < 1e-24  # no test in 16 digits can see it


def test_one_sgd_step_raises_the_loss(reference: dict[str, Any]) -> None:
    for eta in (0.01, 0.5, 2.0):
        before, after = reference["sgd_step_loss"](eta)
        assert before == 2.5 and after > before


# ---- grading for a student's own numbers ----


def graded(tmp_path: Path, student_id: str, answers: str = "") -> dict[str, str]:
    """Question → status, for the reference with this id, `answers` written out if given."""
    notebook = reference_notebook(ASSIGNMENT)
    for cell in notebook.cells:
        cell.source = cell.source.replace('student_id = ""', f"student_id = {student_id!r}")
        if (
            answers
            and cell.metadata.get("hwlib", {}).get("name") == "answers"
            and "by_hand" in cell.source
        ):
            cell.source = f"answers = {answers}"
    folder = tmp_path / "somebody" / "backprop"
    folder.mkdir(parents=True)
    path = folder / "backprop.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    _, outcome = next(
        iter(grade_many(ASSIGNMENT, [FoundSubmission("somebody", folder, path, None)], seed=1))
    )
    return {question.id: question.status for question in outcome.result.questions}


def as_text(student_id: str) -> str:
    return repr(
        {name: np.asarray(value).tolist() for name, value in solved(student_id)["answers"].items()}
    )


def test_a_student_is_graded_for_the_own_id(tmp_path: Path) -> None:
    statuses = graded(tmp_path, "u1234567")
    assert {status for question, status in statuses.items() if status != "manual"} == {"passed"}


def test_the_published_answers_do_not_count_for_a_student_with_an_id(tmp_path: Path) -> None:
    statuses = graded(tmp_path, "u1234567", as_text(""))
    assert (statuses["answers-forward"], statuses["answers-backward"]) == ("failed", "failed")


def test_a_neighbours_answers_do_not_count(tmp_path: Path) -> None:
    statuses = graded(tmp_path, "u1234567", as_text("u1234568"))
    assert (statuses["answers-forward"], statuses["answers-backward"]) == ("failed", "failed")


def test_numbers_of_an_id_never_change() -> None:
    n = network_numbers("u1234567")
    assert (
        n.x0.tolist(),
        n.W1.tolist(),
        n.b1.tolist(),
        n.W2.tolist(),
        n.b2,
        n.y,
    ) == NUMBERS_OF_U1234567


NUMBERS_OF_U1234567 = (
    [0.88, 0.27],
    [[-0.53, 0.85], [0.22, 0.64]],
    [-0.2, -0.34],
    [0.6, 0.72],
    0.25,
    0.17,
)
