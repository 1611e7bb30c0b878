"""Numerical gradients: against derivatives known on paper, and the promise that x comes back
unchanged.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes
from numpy.typing import NDArray

from hwlib.gradcheck import (
    eval_numerical_gradient,
    eval_numerical_gradient_array,
    grad_check_sparse,
    rel_error,
)

Array = NDArray[Any]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20_260)


@given(shape=array_shapes(min_dims=0, max_dims=4, max_side=4), seed=st.integers(0, 2**31))
def test_a_gradient_of_any_shape_agrees_with_the_derivative(
    shape: tuple[int, ...], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x = np.asarray(rng.normal(size=shape))
    # central differences of sin at h = 1e-5 err by h²/6 and by rounding of 1e-16/h
    assert rel_error(eval_numerical_gradient(lambda x: np.sum(np.sin(x)), x), np.cos(x)) < 1e-8


def test_the_gradient_of_an_array_is_weighted_by_the_upstream_gradient(
    rng: np.random.Generator,
) -> None:
    A, x, df = rng.normal(size=(5, 3)), rng.normal(size=(3, 2)), rng.normal(size=(5, 2))
    numeric = eval_numerical_gradient_array(lambda x: A @ x, x, df)
    assert rel_error(numeric, A.T @ df) < 1e-9


def test_f_may_return_the_same_array_each_time(rng: np.random.Generator) -> None:
    x, out = rng.normal(size=3), np.zeros(3)
    assert (
        rel_error(
            eval_numerical_gradient_array(lambda x: np.multiply(x, 3, out=out), x, np.ones(3)),
            np.full(3, 3.0),
        )
        < 1e-9
    )


def test_f_may_ignore_its_argument_and_look_at_the_array_itself(rng: np.random.Generator) -> None:
    model = {"W": rng.normal(size=(2, 2))}
    numeric = eval_numerical_gradient(lambda _: np.sum(model["W"] ** 2), model["W"])
    assert rel_error(numeric, 2 * model["W"]) < 1e-9


def test_the_step_is_the_one_asked_for() -> None:
    x = np.array([1.0])
    assert eval_numerical_gradient(lambda x: x[0] ** 3, x, h=0.5)[0] == pytest.approx(
        (1.5**3 - 0.5**3) / 1.0
    )


def test_only_so_many_evaluations_are_made_as_announced(rng: np.random.Generator) -> None:
    calls = 0

    def f(x: Array) -> Any:
        nonlocal calls
        calls += 1
        return np.sum(x)

    x = rng.normal(size=(3, 4))
    eval_numerical_gradient(f, x)
    assert calls == 24
    grad_check_sparse(f, x, np.ones((3, 4)), 5, rng)
    assert calls == 24 + 10


@pytest.mark.parametrize("value", [0.1, 1e300, 3.0e-320, -0.0])
def test_x_is_restored_bit_by_bit(value: float) -> None:
    x = np.array([value, 2.0])
    before = x.tobytes()
    eval_numerical_gradient(lambda x: 0.0, x)
    eval_numerical_gradient_array(lambda x: x, x, x.copy())
    grad_check_sparse(lambda x: 0.0, x, np.zeros(2), 2, np.random.default_rng(0))
    assert x.tobytes() == before


def test_x_is_restored_when_f_raises_or_changes_it(rng: np.random.Generator) -> None:
    x = rng.normal(size=4)
    before = x.copy()
    with pytest.raises(ZeroDivisionError):
        eval_numerical_gradient(lambda x: 1 / 0, x)
    assert (x == before).all()

    def spoil(x: Array) -> float:
        x *= 0
        return 0.0

    eval_numerical_gradient(spoil, x)
    assert (x == before).all()


def test_f_sees_every_entry_of_an_array_that_is_not_contiguous(rng: np.random.Generator) -> None:
    x = rng.normal(size=(4, 6))[::2, ::3]
    assert rel_error(eval_numerical_gradient(lambda x: np.sum(x**2), x), 2 * x) < 1e-9


def test_sparse_checks_different_entries_and_never_more_than_there_are(
    rng: np.random.Generator,
) -> None:
    x = rng.normal(size=(2, 3))
    sample = grad_check_sparse(lambda x: np.sum(x**2), x, 2 * x, 100, rng)
    assert len(set(sample.indices)) == 6
    assert sample.error < 1e-9


def test_sparse_finds_a_wrong_gradient(rng: np.random.Generator) -> None:
    x = rng.normal(size=(50, 3))
    assert grad_check_sparse(lambda x: np.sum(x**2), x, x, 10, rng).error == pytest.approx(
        1 / 3, rel=1e-6
    )


def test_the_same_generator_draws_the_same_entries() -> None:
    x = np.arange(20.0)
    drawn = [
        grad_check_sparse(lambda x: 0.0, x, np.zeros(20), 4, np.random.default_rng(7)).indices
        for _ in range(2)
    ]
    assert drawn[0] == drawn[1]


def test_a_sample_is_shown_as_a_table(rng: np.random.Generator) -> None:
    x = np.array([[1.0, 2.0]])
    text = repr(grad_check_sparse(lambda x: np.sum(x**2), x, 2 * x, 2, rng))
    assert "[0, 1]" in text
    assert "relative error" in text
    assert len(text.splitlines()) == 4


@pytest.mark.parametrize("x", [np.array([1, 2]), np.array([1.0], dtype=np.float32), [1.0, 2.0]])
def test_other_types_than_float64_are_refused(x: Any) -> None:
    with pytest.raises(TypeError, match="float64"):
        eval_numerical_gradient(lambda x: 0.0, x)


def test_a_read_only_array_is_refused() -> None:
    x = np.zeros(2)
    x.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        eval_numerical_gradient(lambda x: 0.0, x)


def test_a_loss_that_is_no_number_is_refused_with_the_likely_cause() -> None:
    with pytest.raises(ValueError, match="returns the loss alone"):
        eval_numerical_gradient(lambda x: x, np.zeros(2))  # type: ignore[arg-type, return-value]


def test_shapes_that_do_not_fit_are_refused_not_broadcast() -> None:
    with pytest.raises(ValueError, match="df has shape"):
        eval_numerical_gradient_array(lambda x: x, np.zeros(3), np.ones(1))
    with pytest.raises(ValueError, match="gradient has shape"):
        grad_check_sparse(lambda x: 0.0, np.zeros((2, 2)), np.zeros(4), 1, np.random.default_rng(0))
    with pytest.raises(ValueError, match="shapes differ"):
        rel_error(np.zeros(3), np.zeros((1, 3)))


def test_rel_error_is_norm_wise_and_zero_for_zeros() -> None:
    assert rel_error(np.zeros(3), np.zeros(3)) == 0.0
    assert rel_error([1e-20, 1.0], [0.0, 1.0]) < 1e-19  # element by element it would be 1
    assert rel_error([1.0], [-1.0]) == 1.0
    assert np.isnan(rel_error([np.nan], [1.0]))
