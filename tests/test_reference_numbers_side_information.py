"""The reference solution of side_information gives the numbers of the syllabus; its fits agree with
solutions of the dual problems.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import needs
import numpy as np
import pytest
from course_solutions import replaced, solutions
from scipy.optimize import lsq_linear, nnls

from hwlib.grading import find_course

cp = needs.module("cvxpy")

ROOT = Path(__file__).resolve().parents[1]
ASSIGNMENT = find_course(ROOT).assignment("side_information")
GAMMA, LAM = 200.0, 0.05  # of the example in the syllabus, with the data of default_rng(0)


def solved(wrong: str = "") -> dict[str, Any]:
    """The names that the given and solution cells define, some replaced by those of a wrong
    solution.
    """
    names = solutions("side_information", "setup", cp=cp)
    return replaced(names, "side_information", wrong) if wrong else names


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    return solved()


@pytest.fixture(scope="module")
def data(reference: dict[str, Any]) -> tuple[Any, Any, Any, Any]:
    x, y, f = reference["generate_data"](50, np.random.default_rng(0))
    return x, y, f, reference["rbf_kernel"](x, x, GAMMA)


def test_the_data_are_those_of_the_syllabus(data: tuple[Any, Any, Any, Any]) -> None:
    x, y, f, _ = data
    assert x == pytest.approx([(i - 1) / 49 for i in range(1, 51)])
    assert f == pytest.approx(np.repeat([0, 10, 20, 30, 40], 10))
    assert y[24] == 0 and np.std(np.delete(y - f, 24)) == pytest.approx(1, abs=0.3)


def ridge(K: Any, y: Any, lam: float) -> Any:
    return np.linalg.solve(K + lam * np.eye(len(y)), y)


def test_leave_one_out_agrees_with_the_oracle_and_the_syllabus(
    reference: dict[str, Any], data: tuple[Any, Any, Any, Any]
) -> None:
    x, y, _, K = data
    H = K @ np.linalg.inv(K + LAM * np.eye(50))
    oracle = np.mean(((y - H @ y) / (1 - np.diag(H))) ** 2)
    found = reference["leave_one_out_error"](reference["fit_least_squares"], x, y, GAMMA, LAM)
    assert found == pytest.approx(oracle, rel=1e-5)
    assert found == pytest.approx(16.609, abs=5e-4)


def test_the_published_mistakes_give_the_published_number(data: tuple[Any, Any, Any, Any]) -> None:
    x, y, _, _ = data
    wrong = solved("neighbours_kernel_column")
    assert wrong["leave_one_out_error"](ridge, x, y, GAMMA, LAM) == pytest.approx(18.148, abs=5e-4)


def test_coefficients_differ_where_fits_agree(data: tuple[Any, Any, Any, Any]) -> None:
    _, y, _, K = data
    assert np.linalg.cond(K) == pytest.approx(1e12, rel=0.5)
    alpha = cp.Variable(50)
    problem = cp.Problem(
        cp.Minimize(cp.sum_squares(K @ alpha - y) + LAM * cp.quad_form(alpha, cp.psd_wrap(K)))
    )
    problem.solve(solver=cp.OSQP)
    difference = alpha.value - ridge(K, y, LAM)
    assert np.abs(difference).max() > 50  # 98 with OSQP 1.0
    assert np.abs(K @ difference).max() < 1e-5  # 2e-6


def dual_fits(K: Any, y: Any, lam: float, lam1: float) -> dict[str, Any]:
    """Fitted values of the four problems, each from its dual by SciPy."""
    n, D = len(y), np.diff(np.eye(len(y)), axis=0)
    smooth = K @ np.linalg.inv(K + lam * np.eye(n))
    values, vectors = np.linalg.eigh((smooth + smooth.T) / 2)
    root = (vectors * np.sqrt(np.maximum(values, 0))).T
    cholesky = np.linalg.cholesky(np.eye(n) + K / lam)
    options: dict[str, Any] = {"method": "bvls", "tol": 1e-13, "max_iter": 1000}
    variation = lsq_linear(lam1 / 2 * root @ D.T, root @ y, (-1, 1), **options).x
    huber = lsq_linear(cholesky.T, np.linalg.solve(cholesky, y), (-1, 1), **options).x
    return {
        "fit_least_squares": smooth @ y,
        "fit_huber": K @ huber / lam,
        "fit_total_variation": smooth @ (y - lam1 / 2 * D.T @ variation),
        "fit_monotone": smooth @ (y + D.T @ nnls(root @ D.T / 2, -root @ y, maxiter=1000)[0] / 2),
    }


@pytest.mark.parametrize("gamma", [30.0, 200.0, 1000.0])
def test_the_fits_solve_their_problems(
    reference: dict[str, Any], data: tuple[Any, Any, Any, Any], gamma: float
) -> None:
    x, y, _, _ = data
    K = reference["rbf_kernel"](x, x, gamma)
    for name, right in dual_fits(K, y, 0.1, 2.0).items():
        lams = (2.0, 0.1) if name == "fit_total_variation" else (0.1,)
        # 40 is the largest value; an interior-point solver stops at about 1e-5 of the objective
        assert K @ reference[name](K, y, *lams) == pytest.approx(right, abs=0.02), name


def test_the_small_data_set_has_the_values_that_the_notebook_prints(
    reference: dict[str, Any],
) -> None:
    found = dual_fits(reference["K_small"], reference["y_small"], 0.5, 2.0)
    source = ASSIGNMENT.notebook.read_text(encoding="utf-8")
    for name, values in found.items():
        assert f"[{', '.join(f'{value:.5f}' for value in values)}]" in source, name


def test_the_published_difference_matrix_is_wrong_at_both_ends() -> None:
    published, right = (
        solved("published_difference_matrix")["difference_matrix"](5),
        solved()["difference_matrix"](5),
    )
    z = np.array([3.0, 5.0, 4.0, 10.0, 11.0])
    assert (right @ z).tolist() == [2, -1, 6, 1]
    assert (published @ z).tolist() == [3, 2, -1, 6]
