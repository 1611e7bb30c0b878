"""The reference solution of softmax: the numbers of the syllabus, and the accuracy of the
classifier that it hands in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from course_solutions import solutions

from hwlib.data import load_cifar10
from hwlib.gradcheck import grad_check_sparse
from hwlib.models import load_model

ROOT = Path(__file__).resolve().parents[1]
Array = np.ndarray[Any, np.dtype[Any]]


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    """The names that the reference's solution cells define."""
    return solutions("softmax", np=np)


@pytest.fixture(scope="module")
def sample() -> tuple[Array, Array]:
    """200 images as columns, with a last row of ones, and their labels."""
    images, labels, _, _ = load_cifar10(sample=True)
    flat = images.reshape(len(images), -1).astype(float)
    rows = np.hstack([flat[:200] - flat.mean(axis=0), np.ones((200, 1))])
    return rows.T, labels[:200].astype(int)


@pytest.mark.parametrize("name", ["softmax_loss_naive", "softmax_loss_vectorized"])
def test_the_loss_of_small_random_weights_is_about_log_10(
    reference: dict[str, Any], sample: tuple[Array, Array], name: str
) -> None:
    W = 1e-5 * np.random.default_rng(0).standard_normal((10, 3073))
    loss, _ = reference[name](W, *sample, 0.0)
    assert loss == pytest.approx(2.302585, abs=0.02)
    assert reference[name](np.zeros((10, 3073)), *sample, 5.0)[0] == pytest.approx(
        2.302585, abs=1e-6
    )


@pytest.mark.parametrize("reg", [0.0, 100.0])
def test_the_gradient_agrees_with_numerical_slopes_at_sampled_entries(
    reference: dict[str, Any],
    sample: tuple[Array, Array],
    reg: float,
) -> None:
    W = 1e-4 * np.random.default_rng(0).standard_normal((10, 3073))
    _, gradient = reference["softmax_loss_naive"](W, *sample, reg)
    found = grad_check_sparse(
        lambda w: reference["softmax_loss_naive"](w, *sample, reg)[0],
        W,
        gradient,
        10,
        np.random.default_rng(1),
    )
    # the original's worst entry was 5.9e-8; an entry's slope is taken with h = 1e-5
    assert found.error < 1e-7
    _, fast = reference["softmax_loss_vectorized"](W, *sample, reg)
    assert fast == pytest.approx(gradient, rel=1e-9, abs=1e-9)


@pytest.mark.full_data
def test_the_classifier_handed_in_gets_38_per_cent_of_the_test_images_right(
    full_cifar10: tuple[Array, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, _, images, labels = full_cifar10
    model = load_model(ROOT / "assignments" / "softmax" / "artifacts" / "best_softmax.safetensors")
    pixels = images.reshape(len(images), -1) - model["mean_image"]
    accuracy = np.mean(
        np.argmax(pixels @ model["W"][:, :-1].T + model["W"][:, -1], axis=1) == labels
    )
    with capsys.disabled():
        print(f"\nbest_softmax: test accuracy {accuracy:.4f}")  # noqa: T201  shown in CI's log
    assert accuracy >= 0.38
