"""The reference solution of mnist_depth_width: its numbers, and what the networks that it hands in
can do.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import needs
import numpy as np
import pytest

needs.module("torch")

import torch
from course_solutions import solutions

from hwlib.data import load_mnist
from hwlib.models import describe, load_model
from hwlib.models.evaluating import predictions
from hwlib.training import evaluate

ROOT = Path(__file__).resolve().parents[1]
ARTIFACTS = ROOT / "assignments" / "mnist_depth_width" / "artifacts"
ALLOWED = {"Flatten", "Linear", "ReLU", "Softmax", "Dropout"}
# hidden units, hidden layers
LIMITS = {"model_100": (100, 1), "model_200": (200, 2), "model_1000": (1000, 3)}
ASKED_FOR = {"model_100": 0.975, "model_200": 0.98, "model_1000": 0.983}
# test accuracy of the homework's authors
ORIGINAL = {"model_100": 0.9786, "model_200": 0.9810, "model_1000": 0.9854}


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    """The names that the reference's solution cells define."""
    return solutions("mnist_depth_width", np=np, torch=torch, nn=torch.nn, F=torch.nn.functional)


@pytest.fixture(scope="module")
def sample() -> tuple[Any, Any]:
    """300 images of the sample, scaled, and their labels."""
    images, labels, _, _ = load_mnist(sample=True)
    return torch.from_numpy(np.array(images[:300], dtype=np.float32) / 255)[:, None], torch.tensor(
        labels[:300].tolist()
    )


def test_the_loss_behind_a_softmax_can_not_fall_below_its_floor(reference: dict[str, Any]) -> None:
    assert reference["loss_floor"] == pytest.approx(1.4611501, abs=1e-6)
    perfect = torch.eye(10)
    assert torch.nn.functional.cross_entropy(perfect, torch.arange(10)).item() == pytest.approx(
        reference["loss_floor"], abs=1e-6
    )


@pytest.mark.parametrize("name", LIMITS)
def test_what_the_build_functions_make_is_counted_alike_by_student_and_file(
    reference: dict[str, Any], name: str
) -> None:
    model = reference[f"build_{name}"]()
    found = describe(model)
    assert reference["count_hidden"](model) == (found.hidden_units, found.hidden_layers)
    assert found.hidden_units <= LIMITS[name][0]
    assert found.hidden_layers >= LIMITS[name][1]
    assert set(found.kinds) <= ALLOWED
    assert reference["count_hidden"](load_model(ARTIFACTS / f"{name}.safetensors")) == (
        found.hidden_units,
        found.hidden_layers,
    )


@pytest.mark.parametrize("batch_size", [300, 128, 7])
def test_the_mean_loss_does_not_depend_on_the_batches(
    reference: dict[str, Any], sample: tuple[Any, Any], batch_size: int
) -> None:
    model = reference["build_model_200"]()
    loss, accuracy = reference["evaluate"](model, *sample, batch_size)
    right_loss, right_accuracy = evaluate(model, sample)  # hwlib's own loop
    assert loss == pytest.approx(right_loss, rel=1e-5)  # float32 sums in another order
    assert accuracy == right_accuracy


def test_an_untrained_network_has_a_loss_of_about_log_10_and_an_epoch_lowers_it(
    reference: dict[str, Any], sample: tuple[Any, Any]
) -> None:
    torch.manual_seed(0)
    model = reference["build_model_100"]()
    before = reference["evaluate"](model, *sample)[0]
    assert before == pytest.approx(math.log(10), abs=0.1)
    optimizer = torch.optim.Adam(model.parameters())
    losses = [reference["train_epoch"](model, optimizer, *sample) for _ in range(3)]
    assert before > losses[0] > losses[1] > losses[2]


@pytest.mark.parametrize("name", LIMITS)
def test_the_files_are_small_and_keep_to_the_limits(name: str) -> None:
    path = ARTIFACTS / f"{name}.safetensors"
    found = describe(path)
    # two bytes a parameter, and the header
    assert path.stat().st_size < 2.2 * found.parameters + 4000
    assert found.hidden_units <= LIMITS[name][0]
    assert found.hidden_layers >= LIMITS[name][1]
    assert set(found.kinds) <= ALLOWED


@pytest.mark.full_data
@pytest.mark.parametrize("name", LIMITS)
def test_the_reference_networks_beat_the_thresholds_and_the_original(
    full_mnist: tuple[Any, ...],
    name: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, _, images, labels = full_mnist
    assert len(labels) == 10_000
    inputs = torch.from_numpy(np.array(images, dtype=np.float32) / 255)[:, None]
    right = int(
        np.sum(predictions(load_model(ARTIFACTS / f"{name}.safetensors"), inputs) == labels)
    )
    with capsys.disabled():
        print(f"\n{name}: test accuracy {right / 10_000:.4f}")  # noqa: T201  shown in CI's log
    assert right >= 10_000 * ASKED_FOR[name]
    assert right > 10_000 * ORIGINAL[name]
