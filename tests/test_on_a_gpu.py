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
from hwlib.live.standing import standing
from hwlib.on_processor import on_the_processor

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


# what a student's function may have done with a network and its input, and what it may have kept
HABITS = {
    "moves both": "return model.to('cuda')(x.to('cuda')).sum()",
    "moves by a device of its own": "return model.to(DEVICE)(x.to(DEVICE)).sum()",
    "asks first": "d = 'cuda' if torch.cuda.is_available() else 'cpu'; "
    "return model.to(d)(x.to(d)).sum()",
    "adds what lies there": "return (model(x) + KEPT).sum()",
    "joins what lies there": "return torch.cat([model(x), KEPT]).sum()",
    "asks a network that lies there": "return NET(x).sum() - NET(x).sum() + model(x).sum()",
    "trains a network that lies there": "NET.zero_grad(); NET(x).sum().backward(); "
    "torch.optim.SGD(NET.parameters(), 0.1).step(); return model(x).sum()",
    "random numbers of a generator": "torch.rand(2, generator=torch.Generator()); "
    "return model(x).sum()",
}


@pytest.mark.parametrize("default", ["cpu", "cuda"])
@pytest.mark.parametrize("name", HABITS)
def test_a_check_runs_on_the_processor(name: str, default: str) -> None:
    there = {"KEPT": torch.zeros(1, 1).cuda(), "NET": nn.Linear(2, 1).cuda(), "torch": torch}
    there["DEVICE"] = torch.device("cuda")
    before = there["NET"].weight.detach().clone()
    body = HABITS[name].replace("; ", "\n    ")
    exec(f"def step(model, x):\n    {body}", there)
    torch.set_default_device(default)
    try:
        with on_the_processor():
            model, x = nn.Linear(2, 1), torch.ones(3, 2)
            found = there["step"](model, x)
            assert found.item() == pytest.approx(model(x).sum().item(), abs=1e-6)
            for value in (found, model.weight, x, torch.ones(2)):
                assert np.asarray(value.detach()).shape == value.shape  # NumPy can read it
        assert torch.ones(1).device.type == default
    finally:
        torch.set_default_device("cpu")
    assert there["NET"].weight.is_cuda
    assert bool((there["NET"].weight != before).any()) == name.startswith("trains")


def test_a_cell_that_checks_runs_there_and_the_next_one_on_the_gpu(
    shell_of_its_own: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = shell_of_its_own.run_cell
    run("import torch, hwlib.checks as check\nfrom hwlib.live import watch\nwatch()")
    monkeypatch.setattr(standing, "is_check", lambda text: text.startswith("# check"))
    for cell, kind in (("k = torch.ones(1).cuda()", "cuda"), ("# check\nk = k + 1", "cpu")):
        assert run(f"{cell}\nfound = k.device.type").success
        if kind == "cuda":
            assert shell_of_its_own.user_ns["found"] == kind
    run("seen = []")
    assert run("# check\nseen.append(torch.ones(1).cuda().device.type)").success
    assert run("seen.append(torch.ones(1).cuda().device.type)").success
    assert not run("# check\nseen.append(torch.ones(1).cuda().device.type); 1 / 0").success
    assert run("seen.append(torch.ones(1).cuda().device.type)").success
    assert shell_of_its_own.user_ns["seen"] == ["cpu", "cuda", "cpu", "cuda"]
