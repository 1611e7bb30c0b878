"""A training loop for NumPy models: minibatches, any update rule, accuracies and the best model.

    trainer = ClassifierTrainer(two_layer_net, momentum_update, learning_rate=1e-3, momentum=0.9)
    result = trainer.train(model, X_train, y_train, X_val, y_val, num_epochs=5)
    result.model, result.best_val_accuracy, result.loss_history

For networks of torch, `fit` does the same; see `hwlib.training.torch_loop`.
"""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hwlib.progress import Progress, progress
from hwlib.symptoms import of_losses, tell, told_to_students
from hwlib.symptoms.numpy_models import symptom_of_model

__all__ = ["ClassifierTrainer", "TrainingHistory", "sgd_update"]

Array = np.ndarray[Any, np.dtype[Any]]
Model = dict[str, Array]

LossFunction = Callable[..., Any]
"""f(X, model) → scores (N, C); f(X, model, y, reg) → (loss, grads).

grads has the names and shapes of model.
"""

UpdateRule = Callable[..., tuple[Any, Any]]
"""update(w, dw, state, learning_rate, **settings) → (new w, new state).

The first state is an array of zeros with the shape of w.
"""

# examples at a time, so that a convolutional net does not need memory for all of them
_EVALUATED_AT_ONCE = 500
_EXAMINED = 100  # examples that the rules of hwlib.symptoms look at


def sgd_update(w: Array, dw: Array, state: Any, learning_rate: float) -> tuple[Array, Any]:
    """Compute a step of plain gradient descent, w − learning_rate·dw. The state is not used.

    Examples
    --------
    >>> sgd_update(np.array([1.0]), np.array([0.5]), None, 0.1)[0]
    array([0.95])
    """
    return w - learning_rate * dw, state


@dataclass(slots=True)
class TrainingHistory:
    """The result of `ClassifierTrainer.train`."""

    model: Model  # a copy of the model with the best validation accuracy
    # share of examples, like all accuracies; NaN without validation data
    best_val_accuracy: float = 0.0
    best_step: int = 0  # number of steps before that accuracy was measured
    # loss of each step's batch, before the step
    loss_history: list[float] = field(default_factory=list)
    # number of steps before each measurement, beginning with 0
    accuracy_steps: list[int] = field(default_factory=list)
    # measured at those steps on up to 1,000 training examples
    train_accuracy: list[float] = field(default_factory=list)
    # measured at those steps; empty without validation data
    val_accuracy: list[float] = field(default_factory=list)
    steps_per_epoch: int = 1
    diverged: bool = False  # whether training stopped because the loss was NaN or infinite
    symptom: str = ""  # what the run shows, in a sentence, if `train` was asked to show progress

    def __repr__(self) -> str:
        epochs = len(self.loss_history) / self.steps_per_epoch
        return (
            f"<trained {len(self.loss_history)} steps ({epochs:.3g} epochs), best validation "
            f"accuracy {self.best_val_accuracy:.3f} "
            f"after step {self.best_step}{', diverged' if self.diverged else ''}>"
        )


class ClassifierTrainer:
    """Train a model (a dict of arrays) on minibatches with your loss function and update rule.

    Parameters
    ----------
    loss_function : callable
        loss_function(X, model) → scores (N, C); loss_function(X, model, y, reg) → (loss, grads),
        where grads has a gradient for each entry of model, of the same shape.
    update : callable
        `update(w, dw, state, learning_rate, **settings)` → (w, state): `momentum_update`,
        `rmsprop_update`, or `sgd_update` of this module. It is called for each parameter at each
        step; each parameter has its own state, which begins as zeros of its shape.
    learning_rate : float
    reg : float
        Passed to the loss function.
    learning_rate_decay : float
        Multiplies the learning rate after each epoch.
    batch_size : int or None
        Number of examples in each step. None means all of them.
    **settings
        Passed to `update` at each call, for example momentum=0.9.

    Examples
    --------
    >>> from hwlib.layers import softmax_loss
    >>> def linear(X, model, y=None, reg=0.0):
    ...     scores = X @ model["W"]
    ...     if y is None:
    ...         return scores
    ...     loss, dscores = softmax_loss(scores, y)
    ...     grads = {"W": X.T @ dscores + reg * model["W"]}
    ...     return loss + 0.5 * reg * np.sum(model["W"] ** 2), grads
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 2))
    >>> y = (X[:, 0] > X[:, 1]).astype(int)
    >>> trainer = ClassifierTrainer(linear, sgd_update, learning_rate=1.0, batch_size=20)
    >>> model, settings = {"W": np.zeros((2, 2))}, {"num_epochs": 10, "show_progress": False}
    >>> result = trainer.train(model, X[:40], y[:40], X[40:], y[40:], rng=rng, **settings)
    >>> result.best_val_accuracy
    0.95
    """

    def __init__(
        self,
        loss_function: LossFunction,
        update: UpdateRule = sgd_update,
        *,
        learning_rate: float,
        reg: float = 0.0,
        learning_rate_decay: float = 1.0,
        batch_size: int | None = 100,
        **settings: Any,
    ) -> None:
        if batch_size is not None and batch_size < 1:
            raise ValueError(
                f"batch_size must be at least 1, or None for all examples; found {batch_size}"
            )
        self.loss_function, self.update, self.settings = loss_function, update, settings
        self.learning_rate, self.learning_rate_decay = learning_rate, learning_rate_decay
        self.reg, self.batch_size = reg, batch_size

    def train(
        self,
        model: Mapping[str, Array],
        X: Array,
        y: Array,
        X_val: Array | None = None,
        y_val: Array | None = None,
        *,
        num_epochs: int = 10,
        rng: np.random.Generator | None = None,
        accuracy_every: int | None = None,
        show_progress: bool = True,
    ) -> TrainingHistory:
        """Train a copy of `model` for some epochs.

        Each epoch uses every example once, in a new random order. The last batch may be smaller.

        Parameters
        ----------
        model : dict of str to array
            The model to start from.
        X, y : arrays, (N, …) and (N,)
            Training examples and labels.
        X_val, y_val : arrays, optional
            Validation examples, which choose the model that is kept. Without them, the last model
            is kept.
        num_epochs : int
        rng : Generator, optional
            Draws the order of the examples. Without it, the order is new each time.
        accuracy_every : int, optional
            Number of steps between two measurements of the accuracies. The default is one epoch.
            The first measurement always comes before the first step.
        show_progress : bool
            Whether to show a bar, and to say at the end if the run shows something that is wrong
            (see `hwlib.symptoms`).

        Returns
        -------
        TrainingHistory
            `.model` is a copy of the model with the best validation accuracy. The histories are for
            plotting. If the loss becomes NaN or infinite, training stops with a warning and returns
            the best model until then. Without validation data, that is the model at the start.

        Raises
        ------
        TypeError, ValueError
            If the data, the loss function or the update rule is not as described above.
        """
        _check_data(X, y, X_val, y_val)
        current: Model = {name: np.array(value, copy=True) for name, value in model.items()}
        states: dict[str, Any] = {name: np.zeros_like(value) for name, value in current.items()}
        rng = np.random.default_rng() if rng is None else rng
        batch_size = len(X) if self.batch_size is None else min(self.batch_size, len(X))
        history = TrainingHistory(
            copy.deepcopy(current), math.nan, steps_per_epoch=-(-len(X) // batch_size)
        )
        measured_on = rng.permutation(len(X))[:1000]
        total, every = (
            num_epochs * history.steps_per_epoch,
            accuracy_every or history.steps_per_epoch,
        )

        with _bar(total, show_progress) as bar:
            self._measure(history, current, (X[measured_on], y[measured_on]), X_val, y_val)
            for step, batch in enumerate(_batches(len(X), batch_size, num_epochs, rng)):
                loss, grads = _checked_loss(
                    self.loss_function(X[batch], current, y[batch], self.reg), current
                )
                history.loss_history.append(loss)
                if not math.isfinite(loss):
                    self._warn(history, step, loss)
                    break
                rate = self.learning_rate * self.learning_rate_decay ** (
                    step // history.steps_per_epoch
                )
                for name in current:
                    updated = self.update(
                        current[name], grads[name], states[name], rate, **self.settings
                    )
                    current[name], states[name] = _checked_update(updated, name, current[name])
                bar.update(1)
                if (step + 1) % every == 0 or step + 1 == total:
                    self._measure(history, current, (X[measured_on], y[measured_on]), X_val, y_val)
                    bar.set_postfix_str(f"loss {loss:.3f}, accuracy {_latest(history)}")
        if show_progress and told_to_students() and history.loss_history:
            few = measured_on[:_EXAMINED]
            history.symptom = self._symptom(history, model, current, (X[few], y[few]))
            tell(history.symptom)
        if X_val is None and not history.diverged:
            history.model, history.best_step = copy.deepcopy(current), len(history.loss_history)
        return history

    def _measure(
        self,
        history: TrainingHistory,
        model: Model,
        train: tuple[Array, Array],
        X_val: Array | None,
        y_val: Array | None,
    ) -> None:
        step = len(history.loss_history)
        history.accuracy_steps.append(step)
        history.train_accuracy.append(self.accuracy(model, *train))
        if X_val is None or y_val is None:
            return
        history.val_accuracy.append(self.accuracy(model, X_val, y_val))
        # also true if there is no best accuracy yet, which is NaN then
        if not history.val_accuracy[-1] <= history.best_val_accuracy:
            history.best_val_accuracy, history.best_step = history.val_accuracy[-1], step
            history.model = copy.deepcopy(model)

    def accuracy(self, model: Mapping[str, Array], X: Array, y: Array) -> float:
        """Measure the share of examples whose right class has the largest score."""
        right = 0
        for start in range(0, len(X), _EVALUATED_AT_ONCE):
            part = slice(start, start + _EVALUATED_AT_ONCE)
            scores = np.asarray(self.loss_function(X[part], model))
            if scores.ndim != 2 or len(scores) != len(X[part]):
                raise ValueError(
                    f"without y, the loss function must return scores of shape "
                    f"({len(X[part])}, C); found shape {scores.shape}"
                )
            right += int(np.sum(np.argmax(scores, axis=1) == y[part]))
        return right / len(X)

    def _symptom(
        self,
        history: TrainingHistory,
        start: Mapping[str, Array],
        model: Model,
        examples: tuple[Array, Array],
    ) -> str:
        losses = history.loss_history
        fact = symptom_of_model(self.loss_function, start, model, examples, losses)
        # of a loss that is NaN, a warning has told
        return fact or ("" if history.diverged else of_losses(losses))

    def _warn(self, history: TrainingHistory, step: int, loss: float) -> None:
        history.diverged = True
        warnings.warn(
            f"the loss became {loss} at step {step} (learning rate {self.learning_rate:g}), so "
            "training stopped there; try a smaller learning rate",
            stacklevel=3,
        )


def _batches(
    num: int, batch_size: int, num_epochs: int, rng: np.random.Generator
) -> Iterator[Array]:
    for _ in range(num_epochs):
        order = rng.permutation(num)
        for start in range(0, num, batch_size):
            yield order[start : start + batch_size]


def _bar(total: int, shown: bool) -> Progress[None]:
    if shown:
        return progress(total=total, desc="training", unit="step")
    from tqdm.std import tqdm

    return tqdm(disable=True)  # type: ignore[no-any-return]


def _latest(history: TrainingHistory) -> str:
    train = f"{history.train_accuracy[-1]:.3f} (training)"
    return (
        f"{train}, {history.val_accuracy[-1]:.3f} (validation)" if history.val_accuracy else train
    )


def _check_data(X: Array, y: Array, X_val: Array | None, y_val: Array | None) -> None:
    if len(X) != len(y) or not len(X):
        raise ValueError(
            f"expected as many labels as training examples and at least one, found {len(X)} "
            f"examples and {len(y)} labels"
        )
    if (X_val is None) != (y_val is None):
        raise ValueError("found only one of X_val and y_val; pass both or neither")
    if X_val is not None and y_val is not None and (len(X_val) != len(y_val) or not len(X_val)):
        raise ValueError(
            f"expected as many labels as validation examples and at least one, found {len(X_val)} "
            f"and {len(y_val)}"
        )


def _checked_loss(returned: Any, model: Model) -> tuple[float, Mapping[str, Array]]:
    if (
        not isinstance(returned, tuple | list)
        or len(returned) != 2
        or not isinstance(returned[1], Mapping)
    ):
        raise TypeError(
            "with y, the loss function must return (loss, grads), where grads is a dict like the "
            f"model; found {type(returned).__name__}"
        )
    loss, grads = float(returned[0]), returned[1]
    for name, value in model.items():
        if name not in grads:
            raise ValueError(
                f"grads has no gradient for {name!r}, only for {', '.join(map(repr, grads))}"
            )
        if np.shape(grads[name]) != value.shape:
            raise ValueError(
                f"grads[{name!r}] has shape {np.shape(grads[name])}, but model[{name!r}] has shape "
                f"{value.shape}"
            )
    return loss, grads


def _checked_update(returned: Any, name: str, before: Array) -> tuple[Array, Any]:
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        raise TypeError(
            f"the update rule must return (w, state), found {type(returned).__name__} for {name!r}"
        )
    if np.shape(returned[0]) != before.shape:
        raise ValueError(
            f"the update rule returned shape {np.shape(returned[0])} for {name!r}; expected its "
            f"own shape {before.shape}"
        )
    return np.asarray(returned[0]), returned[1]
