"""The reference solution of two_layer_net reproduces the published numbers of the toy net; its
wrong solutions, their fingerprints.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from course_solutions import replaced, solutions

from hwlib.models import load_model
from hwlib.training import sgd_update

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "assignments" / "two_layer_net"
Array = np.ndarray[Any, np.dtype[Any]]

X = np.linspace(-0.2, 0.5, 20).reshape(5, 4)
y = np.array([0, 1, 2, 2, 1])
SCORES = [
    [-0.5328368, 0.20031504, 0.93346689],
    [-0.59412164, 0.15498488, 0.9040914],
    [-0.67658362, 0.08978957, 0.85616275],
    [-0.77092643, 0.01339997, 0.79772637],
    [-0.89110401, -0.08754544, 0.71601312],
]


def toy_model() -> dict[str, Array]:
    return {
        "W1": np.linspace(-0.2, 0.6, 40).reshape(4, 10),
        "b1": np.linspace(-0.3, 0.7, 10),
        "W2": np.linspace(-0.4, 0.1, 30).reshape(10, 3),
        "b2": np.linspace(-0.5, 0.9, 3),
    }


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    """The names that the reference's solution cells define."""
    return solutions("two_layer_net", np=np)


def wrong(name: str, function: str) -> Callable[..., Any]:
    """A function of one of the wrong solutions."""
    found: Callable[..., Any] = replaced({"np": np}, "two_layer_net", name)[function]
    return found


def losses_with(
    reference: dict[str, Any], update: Callable[..., Any], num_steps: int = 100
) -> list[float]:
    """Losses of the toy net on its way down: full batch, learning rate 0.1, reg 0.001."""
    net = reference["two_layer_net"]
    _, losses = reference["descend"](
        lambda model: net(X, model, y, 0.001), toy_model(), update, 0.1, num_steps
    )
    return [float(loss) for loss in losses]


def test_the_scores_of_the_toy_net_are_the_published_ones(reference: dict[str, Any]) -> None:
    assert reference["two_layer_net"](X, toy_model()) == pytest.approx(np.array(SCORES), abs=5e-9)


def test_the_loss_of_the_toy_net_is_the_published_one(reference: dict[str, Any]) -> None:
    assert reference["two_layer_net"](X, toy_model(), y, 0.1)[0] == pytest.approx(
        1.381919460924677, rel=1e-14
    )


@pytest.mark.parametrize(
    ("rule", "loss"),
    [("sgd", 0.940686), ("momentum_update", 0.494394), ("rmsprop_update", 0.439368)],
)
def test_the_loss_before_the_last_of_100_updates_is_the_published_one(
    reference: dict[str, Any], rule: str, loss: float
) -> None:
    update = sgd_update if rule == "sgd" else reference[rule]
    assert losses_with(reference, update)[-1] == pytest.approx(loss, abs=5e-7)


def test_epsilon_outside_the_root_gives_the_other_published_value_and_jumps_a_step_later(
    reference: dict[str, Any],
) -> None:
    losses = losses_with(reference, wrong("epsilon_outside", "rmsprop_update"), 101)
    assert losses[99] == pytest.approx(0.429848, abs=5e-7)
    assert losses[100] == pytest.approx(0.437, abs=5e-4)


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("reg_without_half", 1.641211),
        ("biases_regularised", 1.507845),
        ("sum_not_mean", 5.872430),
        ("no_relu", 1.378334),
        ("probabilities_for_scores", 1.334459),
    ],
)
def test_wrong_losses_have_their_fingerprints(name: str, loss: float) -> None:
    assert wrong(name, "two_layer_net")(X, toy_model(), y, 0.1)[0] == pytest.approx(loss, abs=5e-7)


def test_the_fingerprints_of_no_regularisation_and_of_the_binary_logarithm(
    reference: dict[str, Any],
) -> None:
    data, right = (reference["two_layer_net"](X, toy_model(), y, reg)[0] for reg in (0.0, 0.1))
    assert data == pytest.approx(1.122628, abs=5e-7)
    assert data / np.log(2) + right - data == pytest.approx(1.878901, abs=5e-7)


@pytest.mark.parametrize(
    ("name", "loss"), [("nesterov", 0.482860), ("averaged_gradient", 0.959544)]
)
def test_wrong_momentum_has_its_fingerprints(
    reference: dict[str, Any], name: str, loss: float
) -> None:
    assert losses_with(reference, wrong(name, "momentum_update"))[-1] == pytest.approx(
        loss, abs=5e-7
    )


@pytest.mark.full_data
def test_the_net_handed_in_gets_more_than_half_of_the_validation_images_right(
    full_cifar10: tuple[Array, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    images, labels, test_images, test_labels = full_cifar10
    net = load_model(FOLDER / "artifacts" / "best_model.safetensors")

    def accuracy(images: Array, labels: Array) -> float:
        pixels = (images.reshape(len(images), -1) - net["mean_image"]) / 64
        scores = np.maximum(pixels @ net["W1"] + net["b1"], 0) @ net["W2"] + net["b2"]
        return float(np.mean(np.argmax(scores, axis=1) == labels))

    validation = accuracy(images[-1000:], labels[-1000:])
    with capsys.disabled():
        test = accuracy(test_images, test_labels)
        # for CI's log
        print(f"\nbest_model: validation {validation:.3f}, test {test:.4f}")  # noqa: T201
    assert validation > 0.50
