"""What students do on a GPU: checks, models and training read what lies there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import needs
import numpy as np
import pytest
from safetensors import safe_open

import hwlib
from hwlib import checks, training
from hwlib.checks.advice import advice

torch = needs.module("torch")
nn = torch.nn

pytestmark = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="no GPU here; run it on a machine that has one"
)


def network() -> Any:
    torch.manual_seed(3)
    layers = nn.Flatten(), nn.Linear(16, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3)
    return nn.Sequential(*layers)


def data(count: int = 64) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.random((count, 1, 4, 4), dtype=np.float32), rng.integers(0, 3, count)


def test_checks_read_tensors_on_the_gpu() -> None:
    values = torch.arange(6.0, device="cuda", requires_grad=True)
    for found in (values * 1, [values[0], values[1]], list(values), (values[0].detach(), 1.0)):
        expected = np.arange(6.0) if len(found) == 6 else np.array([0.0, 1.0])
        checks.close(found, expected)
    checks.equal(torch.tensor([1, 2]).cuda(), [1, 2])
    with checks.unchanged(values=values):
        values.sum().backward()
    with pytest.raises(checks.CheckFailed), checks.unchanged(values=values):
        values.data += 1


def test_a_model_is_saved_from_the_gpu_as_from_the_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = network().eval()
    hwlib.save_model(model, "here")
    hwlib.save_model(model.cuda(), "there")
    here, there = (content_of(Path(f"{name}.safetensors")) for name in ("here", "there"))
    assert here == there
    images, _ = data(8)
    read = hwlib.load_model("there")
    inputs = torch.tensor(images)
    assert torch.allclose(read(inputs), model(inputs.cuda()).cpu(), atol=1e-5)
    assert "Linear" in str(hwlib.describe(model))


def content_of(path: Path) -> tuple[dict[str, str], dict[str, bytes]]:
    """The header and the tensors; safetensors writes the entries of the header in any order."""
    with safe_open(path, "np") as file:
        names = file.keys()
        return file.metadata(), {name: file.get_tensor(name).tobytes() for name in names}


def test_fit_on_the_gpu_learns_as_on_the_processor() -> None:
    losses = {}
    for device in ("cpu", "cuda"):
        model = network().to(device)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        history = training.fit(
            model,
            data(),
            data(),
            optimizer=optimizer,
            epochs=3,
            batch_size=16,
            seed=5,
            show_progress=False,
        )
        losses[device] = history.loss_history
    assert np.allclose(losses["cpu"], losses["cuda"], atol=1e-3)


WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "input on the processor": (lambda: network().cuda()(torch.ones(2, 16)), "different devices"),
    "labels on the processor": (
        lambda: nn.functional.cross_entropy(torch.ones(2, 3).cuda(), torch.tensor([0, 1])),
        "different devices",
    ),
    "a convolution's input": (
        lambda: nn.Conv2d(1, 1, 3).cuda()(torch.ones(1, 1, 4, 4)),
        "different devices",
    ),
    "a sum": (lambda: torch.ones(2) + torch.ones(2).cuda(), "different devices"),
    "an index": (lambda: torch.ones(2)[torch.tensor([0]).cuda()], "different devices"),
    "a product": (lambda: torch.ones(2, 2) @ torch.ones(2, 2).cuda(), "different devices"),
    "an embedding": (lambda: nn.Embedding(3, 2).cuda()(torch.tensor([1])), "different devices"),
    "to NumPy": (lambda: np.asarray(torch.ones(2).cuda()), "NumPy can't read"),
    "out of memory": (lambda: torch.empty(10**13, device="cuda"), "memory of the GPU"),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors_of_devices_are_explained(name: str) -> None:
    wrong, part = WRONG[name]
    with pytest.raises(Exception) as raised:  # PyTorch's own, of many types
        wrong()
    told = advice(type(raised.value).__name__, str(raised.value))
    assert part in told, (type(raised.value).__name__, str(raised.value))
