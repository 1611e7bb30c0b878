"""The reference solution of mnist_cnn: its tools against PyTorch's, and what the network that it
hands in can do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import needs
import numpy as np
import pytest

needs.module("torch")

import torch
from course_solutions import COURSE
from torch.optim.optimizer import register_optimizer_step_post_hook

from hwlib.data import load_mnist
from hwlib.grading.authoring.reading import run_cells
from hwlib.models import describe, load_model
from hwlib.models.evaluating import predictions
from hwlib.training import evaluate, fit

ROOT = Path(__file__).resolve().parents[1]
ARTIFACT = ROOT / "assignments" / "mnist_cnn" / "artifacts" / "cnn.safetensors"
ASKED_FOR, ORIGINAL = 0.985, 0.9925


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    """The names that the reference's solution cells define, but for the sweep, and the sweep's
    network.
    """
    names: dict[str, Any] = {
        "np": np,
        "torch": torch,
        "nn": torch.nn,
        "F": torch.nn.functional,
        "fit": fit,
        "evaluate": evaluate,
        "train": (torch.zeros(2, 1, 28, 28), torch.zeros(2)),
        "FAST": False,
        "register_optimizer_step_post_hook": register_optimizer_step_post_hook,
    }
    return run_cells(
        COURSE.assignment("mnist_cnn"),
        lambda cell: (
            (cell.role == "solution" and cell.name != "dropout_sweep")
            or (cell.role == "setup" and "def sweep_network" in cell.source)
        ),
        **names,
    )


def test_dropout_keeps_the_mean_and_drops_the_share(reference: dict[str, Any]) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.full((200_000,), 3.0)
    for p in (0.1, 0.5, 0.9):
        y = reference["dropout"](x, p, torch.rand(x.shape, generator=generator), True)
        # standard errors are 3·sqrt(p/(1−p)/200,000) ≤ 0.021 and sqrt(p(1−p)/200,000) ≤ 0.0012;
        # five of them
        assert y.mean().item() == pytest.approx(3.0, abs=0.1)
        assert (y == 0).float().mean().item() == pytest.approx(p, abs=0.006)
    assert not reference["dropout"](x, 1.0, torch.rand(x.shape), True).any()


def test_batch_norm_is_that_of_torch_in_both_modes(reference: dict[str, Any]) -> None:
    torch.manual_seed(0)
    layer = torch.nn.BatchNorm2d(5).double()
    with torch.no_grad():
        layer.weight.normal_()
        layer.bias.normal_()
    x = torch.randn(4, 5, 6, 7, dtype=torch.float64) * 3 + 1
    by_batch = reference["batch_norm"](x, layer.weight, layer.bias)
    torch.testing.assert_close(by_batch, layer(x))
    layer.eval()
    torch.testing.assert_close(
        reference["batch_norm"](x, layer.weight, layer.bias, layer.running_mean, layer.running_var),
        layer(x),
    )


def test_a_shift_and_the_shift_back_lose_only_what_left_the_frame(
    reference: dict[str, Any],
) -> None:
    images = torch.rand(3, 1, 10, 12) + 0.1
    dx, dy = torch.tensor([2, -3, 0]), torch.tensor([-1, 0, 4])
    back = reference["shift_images"](reference["shift_images"](images, dx, dy), -dx, -dy)
    assert torch.equal(back[back != 0], images[back != 0])
    assert [(picture == 0).sum().item() for picture in back] == [2 * 10 + 12 - 2, 3 * 10, 4 * 12]


def test_the_network_keeps_to_its_budget(reference: dict[str, Any]) -> None:
    for network in (reference["build_cnn"](), ARTIFACT):
        found = describe(network)
        assert found.parameters == 98_922
        # a second for 10,000 images in one thread
        assert sum(row.multiplications for row in found.rows()) == 932_096
        assert {"Dropout", "BatchNorm2d"} <= set(found.kinds)
    assert ARTIFACT.stat().st_size < 220_000


def test_with_everything_dropped_only_biases_and_the_last_layer_learn(
    reference: dict[str, Any],
) -> None:
    images, labels, _, _ = load_mnist(sample=True)
    data = (
        torch.from_numpy(np.array(images[:320], dtype=np.float32) / 255)[:, None],
        torch.tensor(labels[:320].tolist()),
    )
    torch.manual_seed(0)
    model = reference["sweep_network"](1.0)
    before = {name: value.clone() for name, value in model.named_parameters()}
    fit(
        model,
        data,
        None,
        torch.optim.Adam(model.parameters(), lr=2e-3),
        epochs=1,
        show_progress=False,
    )
    moved = {
        name for name, value in model.named_parameters() if not torch.equal(value, before[name])
    }
    assert moved == {"6.bias", "8.weight", "8.bias"}


@pytest.mark.full_data
def test_the_reference_network_beats_the_threshold_and_the_original(
    full_mnist: tuple[Any, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, _, images, labels = full_mnist
    assert len(labels) == 10_000
    inputs = torch.from_numpy(np.array(images, dtype=np.float32) / 255)[:, None]
    right = int(np.sum(predictions(load_model(ARTIFACT), inputs) == labels))
    with capsys.disabled():
        print(f"\ncnn: test accuracy {right / 10_000:.4f}")  # noqa: T201  shown in CI's log
    assert right >= 10_000 * ASKED_FOR
    assert right > 10_000 * ORIGINAL
