"""The training loop of torch: every example seen once an epoch, means over examples, the best
weights kept, repeatable.
"""

from __future__ import annotations

import math
from itertools import chain
from typing import Any

import needs
import numpy as np
import pytest

needs.module("torch")

import torch
from torch import nn
from torch.nn import functional as F

from hwlib import plots
from hwlib.data import load_mnist
from hwlib.training.torch_loop import FitHistory, evaluate, fit


def problem(count: int = 90, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Points whose class is the sign pattern of their first two coordinates."""
    images = torch.randn(count, 6, generator=torch.Generator().manual_seed(seed))
    return images, (images[:, 0] > 0).long() + 2 * (images[:, 1] > 0).long()


def network(seed: int = 0, dropout: float = 0.0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Dropout(dropout), nn.Linear(16, 4))


def trained(**options: Any) -> tuple[nn.Module, FitHistory]:
    model = network(dropout=0.3)
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    return model, fit(
        model,
        problem(),
        problem(40, 1),
        optimizer,
        **({"epochs": 4, "show_progress": False} | options),
    )


def weights(model: nn.Module) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


class Recorder(nn.Module):
    """Remembers which examples it was shown in train mode: the first feature is the number of the
    example.
    """

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(1, 2)
        self.seen: list[list[int]] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            self.seen.append(x[:, 0].int().tolist())
        return self.linear(0 * x)


def test_a_default_device_of_the_notebook_is_no_matter() -> None:
    model, train, validation = network(), problem(), problem(40, 1)
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    with torch.device("meta"):  # stands for a GPU that a notebook has made the default
        there = fit(model, train, validation, optimizer, 2, seed=3, show_progress=False)
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    here = fit(model, train, validation, optimizer, 2, seed=3, show_progress=False)
    assert there.loss_history == here.loss_history


@pytest.mark.parametrize("shuffle", [False, True])
def test_every_example_is_seen_once_an_epoch_the_last_few_too(shuffle: bool) -> None:
    model = Recorder()
    data = (torch.arange(10.0)[:, None], torch.zeros(10, dtype=torch.int64))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    history = fit(
        model, data, None, optimizer, 2, batch_size=4, shuffle=shuffle, seed=0, show_progress=False
    )
    assert [len(batch) for batch in model.seen] == [4, 4, 2] * 2
    epochs = [list(chain.from_iterable(model.seen[:3])), list(chain.from_iterable(model.seen[3:]))]
    assert [sorted(epoch) for epoch in epochs] == [list(range(10))] * 2
    assert (epochs == [list(range(10))] * 2) is not shuffle
    assert epochs[0] != epochs[1] or not shuffle
    assert history.steps_per_epoch == 3
    assert len(history.loss_history) == 6


def test_it_does_what_the_plain_loop_does() -> None:
    model, plain = network(), network()
    images, labels = problem()
    history = fit(
        model,
        (images, labels),
        None,
        torch.optim.SGD(model.parameters(), 0.1, momentum=0.9),
        3,
        batch_size=40,
        shuffle=False,
        show_progress=False,
    )
    optimizer = torch.optim.SGD(plain.parameters(), 0.1, momentum=0.9)
    for _ in range(3):
        losses = []
        for part in (slice(0, 40), slice(40, 80), slice(80, 90)):
            loss = F.cross_entropy(plain(images[part]), labels[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    torch.testing.assert_close(weights(model), weights(plain))
    assert history.train_loss[-1] == pytest.approx(np.average(losses, weights=[40, 40, 10]))
    assert history.loss_history[-3:] == pytest.approx(losses)
    assert not model.training


def test_evaluation_is_a_mean_over_examples_in_eval_mode() -> None:
    model, (images, labels) = network(dropout=0.9), problem(2500)
    found = evaluate(model, (images.numpy(), labels.numpy().astype(np.uint8)))
    assert model.training, "the mode is put back"
    with torch.no_grad():
        scores = model.eval()(images)
    assert found[0] == pytest.approx(F.cross_entropy(scores, labels).item(), rel=1e-5)
    assert found[1] == (scores.argmax(1) == labels).double().mean().item()


def test_the_same_seed_gives_the_same_weights_and_leaves_the_global_generator_alone() -> None:
    first, history = trained(seed=3)
    torch.rand(5)
    second, again = trained(seed=3)
    other, _ = trained(seed=4)
    assert torch.equal(weights(first), weights(second))
    assert history.loss_history == again.loss_history
    assert not torch.equal(weights(first), weights(other))
    torch.manual_seed(0)
    expected = torch.rand(3)
    model = nn.Sequential(nn.Linear(6, 4))
    torch.manual_seed(0)
    fit(
        model,
        problem(),
        None,
        torch.optim.SGD(model.parameters(), 0.1),
        1,
        seed=9,
        show_progress=False,
    )
    assert torch.equal(torch.rand(3), expected)


def test_without_a_seed_the_students_own_seed_counts() -> None:
    results = []
    for _ in range(2):
        torch.manual_seed(5)
        model = network(seed=5)
        fit(
            model, problem(), None, torch.optim.SGD(model.parameters(), 0.1), 2, show_progress=False
        )
        results.append(weights(model))
    assert torch.equal(*results)


def test_the_weights_of_the_best_epoch_by_validation_are_kept() -> None:
    kept: list[FitHistory] = []
    model, history = trained(epochs=12, on_epoch=kept.append)
    assert len(kept) == 12
    assert history.best_val_accuracy == max(history.val_accuracy)
    assert history.best_epoch == history.val_accuracy.index(max(history.val_accuracy)) + 1
    assert evaluate(model, problem(40, 1))[1] == history.best_val_accuracy
    assert history.summary()["val_accuracy"] == history.best_val_accuracy


def test_patience_stops_when_validation_gets_no_better() -> None:
    model = network()
    frozen = torch.optim.SGD(model.parameters(), 0.0)
    history = fit(model, problem(), problem(40, 1), frozen, 50, patience=3, show_progress=False)
    assert history.stopped_early
    assert len(history.val_accuracy) == 4
    assert history.best_epoch == 1
    with pytest.raises(ValueError, match="patience needs validation"):
        fit(model, problem(), None, frozen, 5, patience=3)


def test_what_is_watched_decides_nothing() -> None:
    model, history = trained(epochs=5, seed=1, watch={"test": problem(30, 7)})
    other, _ = trained(epochs=5, seed=1)
    assert len(history.watched["test"]) == 5
    assert torch.equal(weights(model), weights(other))


def test_augmentation_and_scheduler_are_used() -> None:
    model = network()
    seen: list[int] = []
    optimizer = torch.optim.SGD(model.parameters(), 1.0)

    def augment(batch: torch.Tensor) -> torch.Tensor:
        seen.append(len(batch))
        return batch

    fit(
        model,
        problem(),
        None,
        optimizer,
        2,
        augment=augment,
        show_progress=False,
        scheduler=torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5),
    )
    assert seen == [32, 32, 26] * 2
    assert optimizer.param_groups[0]["lr"] == 0.25


def test_a_loss_that_is_no_number_stops_with_a_warning_and_the_last_good_weights() -> None:
    model = network()
    with pytest.warns(UserWarning, match="smaller learning rate"):
        history = fit(
            model,
            problem(),
            problem(40, 1),
            torch.optim.SGD(model.parameters(), 1e20),
            10,
            show_progress=False,
        )
    assert history.diverged
    assert len(history.train_loss) < 10


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (
            (torch.zeros(3, 6, dtype=torch.uint8), torch.zeros(3, dtype=torch.int64)),
            "divide the pixels by 255",
        ),
        ((torch.zeros(3, 6), torch.zeros(3)), "labels of integers"),
        ((torch.zeros(3, 6), torch.zeros(3, 4, dtype=torch.int64)), "labels"),
        ((torch.zeros(3, 6), torch.zeros(2, dtype=torch.int64)), "3 images and 2 labels"),
        ((torch.zeros(0, 6), torch.zeros(0, dtype=torch.int64)), "at least one"),
        ((torch.zeros(3, 6),), "must be"),
    ],
)
def test_data_that_does_not_fit_together_is_refused(
    train: tuple[torch.Tensor, torch.Tensor], message: str
) -> None:
    model = network()
    with pytest.raises(ValueError, match=message):
        fit(model, train, None, torch.optim.SGD(model.parameters(), 0.1), 1)


def test_its_history_can_be_drawn_and_read() -> None:
    _, history = trained()
    figure = plots.training(history)
    assert [np.size(line.get_xdata()) for line in figure.axes[1].lines] == [4, 4]
    assert repr(history).startswith("<trained 4 epochs in ")
    assert math.isnan(FitHistory().best_val_accuracy)


def test_real_digits_are_learned_from_read_only_arrays() -> None:
    X_train, y_train, X_test, y_test = load_mnist(sample=True)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10))
    history = fit(
        model,
        (X_train[:2000] / np.float32(255), y_train[:2000]),
        (X_train[2000:] / np.float32(255), y_train[2000:]),
        torch.optim.Adam(model.parameters(), 2e-3),
        4,
        seed=0,
        show_progress=False,
    )
    assert history.best_val_accuracy > 0.85
    assert evaluate(model, (X_test / np.float32(255), y_test))[1] > 0.83
