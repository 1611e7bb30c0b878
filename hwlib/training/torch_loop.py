"""A training loop for torch, with progress, a history and the best model by validation accuracy.

    optimizer = torch.optim.Adam(model.parameters())
    history = fit(model, (X_train, y_train), (X_val, y_val), optimizer, epochs=10)
    history.val_accuracy, history.best_epoch

All data is in memory, and each batch is one `index_select`. That is much faster than a Dataset and
a DataLoader, which fetch, convert and collate one image at a time.
"""

from __future__ import annotations

import copy
import math
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from hwlib.progress import progress
from hwlib.symptoms import by_heart, of_losses, tell, told_to_students
from hwlib.symptoms.facts import hardly_moved
from hwlib.symptoms.networks import moved, symptom_of_network
from hwlib.training.threads import fastest_threads

__all__ = ["FitHistory", "evaluate", "fit"]

Data = tuple[Any, Any]
"""(images, labels): tensors or arrays, floats (N, …) and integers (N,)."""

_EVALUATED_AT_ONCE = 1000


@dataclass(slots=True)
class FitHistory:
    """The result of `fit`, which `hwlib.plots.training` draws."""

    steps_per_epoch: int = 1
    # loss of each step's batch, before the step
    loss_history: list[float] = field(default_factory=list)
    # mean loss over the examples of each epoch, during the epoch
    train_loss: list[float] = field(default_factory=list)
    # share of right answers in each epoch, during the epoch and in train mode
    train_accuracy: list[float] = field(default_factory=list)
    # mean loss over all validation examples after each epoch
    val_loss: list[float] = field(default_factory=list)
    val_accuracy: list[float] = field(default_factory=list)
    # name in `watch` → accuracy on its data after each epoch
    watched: dict[str, list[float]] = field(default_factory=dict)
    # duration of each epoch, without the measurements after it
    seconds: list[float] = field(default_factory=list)
    best_epoch: int = 0  # the epoch whose weights the model has now, counted from 1
    stopped_early: bool = False  # whether `patience` ended training
    diverged: bool = False  # whether training stopped because the loss was NaN or infinite
    symptom: str = ""  # what the run shows, in a sentence, if `fit` was asked to show progress

    @property
    def accuracy_steps(self) -> list[int]:
        """Number of steps before each measurement."""
        return [self.steps_per_epoch * epoch for epoch in range(1, len(self.train_accuracy) + 1)]

    @property
    def best_val_accuracy(self) -> float:
        """Validation accuracy of the weights that were kept; NaN without validation data."""
        return (
            self.val_accuracy[self.best_epoch - 1]
            if self.val_accuracy and self.best_epoch
            else math.nan
        )

    def summary(self) -> dict[str, Any]:
        """A summary for `save_model(…, training=history.summary())`."""
        found = {
            "epochs": len(self.train_loss),
            "best_epoch": self.best_epoch,
            "seconds": round(sum(self.seconds), 1),
        }
        return found | ({"val_accuracy": self.best_val_accuracy} if self.val_accuracy else {})

    def __repr__(self) -> str:
        kept = (
            f", best validation accuracy {self.best_val_accuracy:.3f} after epoch {self.best_epoch}"
            if self.val_accuracy
            else ""
        )
        ended = ", stopped early" if self.stopped_early else ", diverged" if self.diverged else ""
        return f"<trained {len(self.train_loss)} epochs in {sum(self.seconds):.1f} s{kept}{ended}>"


def fit(
    model: nn.Module,
    train: Data,
    validation: Data | None,
    optimizer: torch.optim.Optimizer,
    epochs: int,
    *,
    batch_size: int = 32,
    shuffle: bool = True,
    loss: Callable[[Any, Any], Any] = F.cross_entropy,
    augment: Callable[[Any], Any] | None = None,
    scheduler: Any = None,
    patience: int | None = None,
    watch: Mapping[str, Data] | None = None,
    seed: int | None = None,
    show_progress: bool = True,
    on_epoch: Callable[[FitHistory], object] | None = None,
) -> FitHistory:
    """Train a network and keep the weights of the epoch with the best validation accuracy.

    Afterwards the network is in eval mode.

    Parameters
    ----------
    model : nn.Module
        It is changed in place. The data is moved to the device of the model.
    train, validation : (images, labels)
        Tensors or arrays: floats (N, …) and integers (N,). The last batch of an epoch may be
        smaller. Without validation data (None) the weights of the last epoch stay.
    optimizer : torch.optim.Optimizer
    epochs, batch_size : int
    shuffle : bool
        Whether each epoch has a new random order. Otherwise it is the order of the data.
    loss : callable
        loss(scores, labels) → mean over the batch.
    augment : callable, optional
        Applied to each training batch of images.
    scheduler : torch.optim.lr_scheduler.LRScheduler, optional
        Stepped after each epoch.
    patience : int, optional
        Stop after this many epochs in a row without a better validation accuracy. (On purpose,
        there is no way to stop by test accuracy.)
    watch : dict of str to (images, labels), optional
        More data to measure the accuracy on after each epoch, for a figure. It does not influence
        training.
    seed : int, optional
        The same seed gives the same result with the same model on the same machine, up to the
        rounding of sums: the number of threads is the one that is fastest (`training.threads`).
        Without a seed, torch's global generator is used as it is.
    show_progress : bool
        Whether to show a bar, and to say at the end if the run shows something that is wrong (see
        `hwlib.symptoms`).
    on_epoch : callable, optional
        Called with the history after each epoch.

    Returns
    -------
    FitHistory

    Raises
    ------
    ValueError
        If images and labels do not match, or if patience is given without validation data.
    """
    device = next(model.parameters()).device
    train_data = _tensors(train, "train", device)
    validation_data = None if validation is None else _tensors(validation, "validation", device)
    watched = {
        name: _tensors(data, f"watch[{name!r}]", device) for name, data in (watch or {}).items()
    }
    if patience is not None and validation_data is None:
        raise ValueError("patience needs validation data: pass validation=(images, labels)")
    if batch_size < 1 or epochs < 0:
        raise ValueError(
            f"expected batch_size ≥ 1 and epochs ≥ 0, found batch_size={batch_size} and "
            f"epochs={epochs}"
        )
    history = FitHistory(
        steps_per_epoch=-(-len(train_data[1]) // batch_size), watched={name: [] for name in watched}
    )
    best = None
    first = slice(0, batch_size)
    looks = show_progress and told_to_students()
    start = {name: one.detach().clone() for name, one in model.named_parameters()} if looks else {}
    with (
        fastest_threads(model, train_data[0][first], train_data[1][first], loss),
        _seeded(seed, device),
        _bar(epochs * history.steps_per_epoch, show_progress) as bar,
    ):
        for epoch in range(1, epochs + 1):
            order = torch.randperm(len(train_data[1]), device="cpu") if shuffle else None
            _epoch(model, train_data, optimizer, batch_size, order, loss, augment, history, bar)
            if not math.isfinite(history.train_loss[-1]):
                history.diverged = True
                warnings.warn(
                    f"the loss became {history.train_loss[-1]} in epoch {epoch}, so training "
                    "stopped there; try a smaller learning rate",
                    stacklevel=2,
                )
                break
            if scheduler is not None:
                scheduler.step()
            best = _measure(model, validation_data, watched, loss, history, best)
            bar.set_postfix_str(_latest(history))
            if on_epoch is not None:
                on_epoch(history)
            if patience is not None and epoch - history.best_epoch >= patience:
                history.stopped_early = True
                break
    if looks and history.loss_history:  # before the best weights come back
        history.symptom = _symptom(model, start, train_data, loss, history, in_order=not shuffle)
        tell(history.symptom)
    if best is not None:
        model.load_state_dict(best)
    model.eval()
    return history


def evaluate(
    model: nn.Module, data: Data, loss: Callable[[Any, Any], Any] = F.cross_entropy
) -> tuple[float, float]:
    """Compute the mean loss over all examples and the share of right answers, in eval mode.

    Afterwards the model is in the mode that it was in before.
    """
    device = next(model.parameters()).device
    return _evaluate(model, _tensors(data, "data", device), loss)


def _evaluate(model: nn.Module, data: Data, loss: Callable[[Any, Any], Any]) -> tuple[float, float]:
    images, labels = data
    was_training, total, right = model.training, 0.0, 0
    model.eval()
    with torch.no_grad():
        for start in range(0, len(labels), _EVALUATED_AT_ONCE):
            part = slice(start, start + _EVALUATED_AT_ONCE)
            scores = model(images[part])
            total += float(loss(scores, labels[part])) * len(labels[part])
            right += int((scores.argmax(dim=1) == labels[part]).sum())
    model.train(was_training)
    return total / len(labels), right / len(labels)


def _epoch(
    model: nn.Module,
    train: Data,
    optimizer: torch.optim.Optimizer,
    batch_size: int,
    order: Any,
    loss: Callable[[Any, Any], Any],
    augment: Callable[[Any], Any] | None,
    history: FitHistory,
    bar: Any,
) -> None:
    images, labels = train
    started = time.perf_counter()
    model.train()
    losses, sizes, right = [], [], torch.zeros((), dtype=torch.int64, device=labels.device)
    for start in range(0, len(labels), batch_size):
        if order is None:
            batch, wanted = images[start : start + batch_size], labels[start : start + batch_size]
        else:
            index = order[start : start + batch_size].to(labels.device)
            batch, wanted = images.index_select(0, index), labels.index_select(0, index)
        scores = model(batch if augment is None else augment(batch))
        value = loss(scores, wanted)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.detach())
        sizes.append(len(wanted))
        right += (scores.detach().argmax(dim=1) == wanted).sum()
        bar.update(1)
    steps = torch.stack(losses).double().cpu()
    weights = torch.tensor(sizes, dtype=torch.float64, device="cpu")
    history.loss_history += steps.tolist()
    history.train_loss.append(float((steps * weights).sum() / weights.sum()))
    history.train_accuracy.append(int(right) / len(labels))
    history.seconds.append(time.perf_counter() - started)


def _measure(
    model: nn.Module,
    validation: Data | None,
    watched: Mapping[str, Data],
    loss: Callable[[Any, Any], Any],
    history: FitHistory,
    best: Any,
) -> Any:
    """Measure after an epoch; returns the best weights so far, or None without validation data."""
    for name, data in watched.items():
        history.watched[name].append(_evaluate(model, data, loss)[1])
    if validation is None:
        history.best_epoch = len(history.train_loss)
        return None
    found = _evaluate(model, validation, loss)
    better = best is None or found[1] > history.best_val_accuracy
    history.val_loss.append(found[0])
    history.val_accuracy.append(found[1])
    if not better:
        return best
    history.best_epoch = len(history.train_loss)
    return copy.deepcopy(model.state_dict())


def _symptom(
    model: nn.Module,
    start: Mapping[str, Any],
    train: Data,
    loss: Callable[[Any, Any], Any],
    history: FitHistory,
    *,
    in_order: bool,
) -> str:
    """What the run shows; "" for a healthy one, and where several rules speak of one curve."""
    losses = history.loss_history
    fact = symptom_of_network(model, *train, loss, first_loss=losses[0], in_order=in_order)
    if fact or history.diverged:  # of a loss that is NaN, a warning has told
        return fact
    return (
        hardly_moved(moved(start, model), losses)
        or by_heart(history.train_loss, history.val_loss)
        or of_losses(losses)
    )


def _tensors(data: Data, name: str, device: Any) -> Data:
    if len(data) != 2:
        raise ValueError(f"{name} must be (images, labels)")
    images, labels = (_tensor(part) for part in data)
    if not images.is_floating_point() or labels.is_floating_point() or labels.ndim != 1:
        raise ValueError(
            f"{name}: expected images of floats and labels of integers with shape (N,), found "
            f"images of {images.dtype} and labels of {labels.dtype} with shape "
            f"{tuple(labels.shape)}; divide the pixels by 255 first"
        )
    if len(images) != len(labels) or not len(labels):
        raise ValueError(
            f"{name}: expected as many labels as images and at least one, found {len(images)} "
            f"images and {len(labels)} labels"
        )
    return images.to(device), labels.to(device, torch.int64)


def _tensor(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a read-only memory map is fine: nothing is written to it
        return torch.as_tensor(value)


@contextmanager
def _seeded(seed: int | None, device: Any) -> Iterator[None]:
    """Start torch's generators from this seed, and put them back afterwards."""
    if seed is None:
        yield
        return
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def _bar(total: int, shown: bool) -> Any:
    if shown:
        return progress(total=total, desc="training", unit="step")
    from tqdm.std import tqdm

    return tqdm(disable=True)


def _latest(history: FitHistory) -> str:
    shown = (
        f"loss {history.train_loss[-1]:.3f}, accuracy {history.train_accuracy[-1]:.3f} (training)"
    )
    return (
        f"{shown}, {history.val_accuracy[-1]:.3f} (validation)" if history.val_accuracy else shown
    )
