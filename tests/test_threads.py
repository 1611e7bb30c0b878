"""How many threads train a network: the faster number, measured once, and nothing else changes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import needs
import pytest

needs.module("torch")

import torch
from torch import nn
from torch.nn import functional as F

from hwlib.training import fit, threads
from hwlib.training.threads import fastest_threads


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    threads._chosen.clear()
    yield
    threads._chosen.clear()
    torch.set_num_threads(before)


class Waiting(nn.Module):
    """A layer whose time depends on the number of threads; it counts its steps in all copies."""

    steps: list[int] = []  # noqa: RUF012  shared on purpose

    def __init__(self, slow_with: int) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 3)
        self.slow_with = slow_with

    def forward(self, images: Any) -> Any:
        self.steps.append(torch.get_num_threads())
        time.sleep(0.2 if torch.get_num_threads() == self.slow_with else 0.0)
        return self.linear(images)


BATCH = torch.zeros(8, 4), torch.zeros(8, dtype=torch.int64)


@pytest.mark.parametrize(("slow_with", "chosen"), [(2, 1), (1, 2)])
def test_the_faster_number_is_taken_and_measured_once(slow_with: int, chosen: int) -> None:
    Waiting.steps.clear()
    model = Waiting(slow_with)
    with fastest_threads(model, *BATCH, F.cross_entropy) as found:
        assert found == chosen == torch.get_num_threads()
    assert torch.get_num_threads() == 2
    assert set(Waiting.steps) == {1, 2}
    measured = len(Waiting.steps)
    with fastest_threads(Waiting(slow_with), *BATCH, F.cross_entropy):
        assert torch.get_num_threads() == chosen
    assert len(Waiting.steps) == measured
    assert all(parameter.grad is None for parameter in model.parameters())


def test_measuring_changes_no_random_number_and_no_statistic() -> None:
    def trained() -> tuple[list[float], Any]:
        torch.manual_seed(3)
        model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 3))
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        images = torch.randn(64, 4)
        history = fit(
            model, (images, images.argmax(dim=1) % 3), None, optimizer, 2, show_progress=False
        )
        return history.train_loss, model[1].running_mean

    measuring, mean = trained()
    torch.set_num_threads(1)  # nothing is measured
    without, same = trained()
    # float32, and sums that threads may add in another order
    assert measuring == pytest.approx(without, rel=1e-5)
    torch.testing.assert_close(mean, same, rtol=1e-5, atol=1e-6)


def test_a_network_that_fails_does_so_in_training_and_not_in_measuring() -> None:
    with fastest_threads(nn.Linear(5, 3), *BATCH, F.cross_entropy) as found:
        assert found == 2
    model = nn.Linear(5, 3)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        fit(model, BATCH, None, torch.optim.SGD(model.parameters(), 0.1), 1, show_progress=False)
    assert torch.get_num_threads() == 2
