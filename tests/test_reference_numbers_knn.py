"""The reference solution of knn reproduces the published numbers on the full CIFAR-10."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from course_solutions import solutions

ROOT = Path(__file__).resolve().parents[1]
ERRORS = {1: 0.726, 3: 0.728, 5: 0.722, 10: 0.718}


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    """The names that the reference's solution cells define."""
    return solutions("knn", np=np)


@pytest.fixture(scope="module")
def data(full_cifar10: tuple[np.ndarray[Any, Any], ...]) -> tuple[np.ndarray[Any, Any], ...]:
    X_train, y_train, X_test, y_test = full_cifar10
    flat = X_train[:5000].reshape(5000, -1), X_test[:500].reshape(500, -1)
    return (
        flat[0].astype(float),
        y_train[:5000].astype(int),
        flat[1].astype(float),
        y_test[:500].astype(int),
    )


@pytest.mark.full_data
def test_the_distances_and_error_rates_are_the_published_ones(
    reference: dict[str, Any],
    data: tuple[np.ndarray[Any, Any], ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    X_train, y_train, X_test, y_test = data
    knn = reference["KNN"]()
    knn.train(X_train, y_train)
    dists = knn.compute_L2_distances_vectorized(X_test)
    error_rate: Callable[..., float] = reference["error_rate"]
    errors = {k: error_rate(knn.predict_labels(dists, k), y_test) for k in ERRORS}
    with capsys.disabled():
        # shown in CI's log
        print(f"\n‖dists‖_F = {np.linalg.norm(dists)!r}; error rates {errors}")  # noqa: T201
    assert np.linalg.norm(dists) == pytest.approx(7906696.077040902, rel=1e-12)
    assert errors == pytest.approx(ERRORS)
    few = knn.compute_distances(X_test[:3])
    assert few == pytest.approx(dists[:3], rel=1e-9)
