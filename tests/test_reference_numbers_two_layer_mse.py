"""The reference solution of two_layer_mse reproduces the published numbers of the toy net; its
wrong solutions, their fingerprints.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from course_solutions import COURSE, replaced

from hwlib.grading.authoring.reading import run_cells
from hwlib.models import load_model

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "assignments" / "two_layer_mse"
Array = np.ndarray[Any, np.dtype[Any]]

X = 10 * np.random.RandomState(1).randn(5, 4)
y = np.array([0, 1, 2, 2, 1])
SCORES = [
    [-1.07260209, 0.05083871, -0.87253915],
    [-2.02778743, -0.10832494, -1.52641362],
    [-0.74225908, 0.15259725, -0.39578548],
    [-0.38172726, 0.10835902, -0.17328274],
    [-0.64417314, -0.18886813, -0.41106892],
]


@pytest.fixture
def seeded() -> Iterator[None]:
    """np.random as the published numbers had it, and afterwards as it was."""
    before = np.random.get_state()
    np.random.seed(0)
    yield
    np.random.set_state(before)


@pytest.fixture
def net(seeded: None) -> Any:
    """The toy net, np.random being left as its initialisation leaves it."""
    return run_cells(
        COURSE.assignment("two_layer_mse"),
        lambda cell: cell.role == "solution" and cell.name == "TwoLayerNet",
        np=np,
    )["TwoLayerNet"](4, 10, 3, std=1e-1)


def test_the_outputs_of_the_toy_net_are_the_published_ones(net: Any) -> None:
    assert net.loss(X) == pytest.approx(np.array(SCORES), abs=5e-9)


def test_the_loss_of_the_toy_net_is_the_published_one(net: Any) -> None:
    assert net.loss(X, y, 0.05)[0] == pytest.approx(1.8973332763705641, rel=1e-14)


def test_the_loss_after_100_steps_is_the_published_one(net: Any) -> None:
    run = net.train(
        X,
        y,
        X,
        y,
        learning_rate=0.1,
        learning_rate_decay=0.95,
        reg=5e-6,
        num_iters=100,
        batch_size=200,
    )
    # 100 steps of rounding, on any BLAS
    assert run["loss_history"][-1] == pytest.approx(0.02950555626206818, rel=1e-11)


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("reg_without_half", 1.916299),
        ("data_without_half", 3.775701),
        ("sum_not_mean", 9.410805),
        ("mean_over_classes", 0.645088),
        ("labels_as_targets", 5.563727),
        ("cross_entropy", 1.071696),
        ("no_relu", 1.315145),
    ],
)
def test_wrong_losses_have_their_fingerprints(net: Any, name: str, loss: float) -> None:
    assert replaced({"np": np}, "two_layer_mse", name)["loss"](net, X, y, 0.05)[0] == pytest.approx(
        loss, abs=5e-7
    )


@pytest.mark.full_data
def test_the_net_handed_in_gets_45_per_cent_of_the_validation_images_right(
    full_cifar10: tuple[Array, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    images, labels, test_images, test_labels = full_cifar10
    net = load_model(FOLDER / "artifacts" / "best_net.safetensors")
    assert net["W1"].shape == (50, 3072)

    def accuracy(images: Array, labels: Array) -> float:
        hidden = np.maximum(
            (images.reshape(len(images), -1) - net["mean_image"]) @ net["W1"].T + net["b1"], 0
        )
        return float(np.mean(np.argmax(hidden @ net["W2"].T + net["b2"], axis=1) == labels))

    validation = accuracy(images[-1000:], labels[-1000:])
    with capsys.disabled():
        test = accuracy(test_images, test_labels)
        # for CI's log
        print(f"\nbest_net: validation {validation:.3f}, test {test:.4f}")  # noqa: T201
    assert validation >= 0.45
