"""Measures a model of NumPy after training, and says what `facts` makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from hwlib.symptoms import facts

__all__ = ["symptom_of_model"]

Array = np.ndarray[Any, np.dtype[Any]]


def symptom_of_model(
    loss_function: Callable[..., Any],
    start: Mapping[str, Array],
    model: Mapping[str, Array],
    examples: tuple[Array, Array],
    losses: Sequence[float],
) -> str:
    """The first fact that explains a run, "" if there is none.

    Parameters
    ----------
    loss_function : callable
        As `ClassifierTrainer` takes it. It is called twice.
    start, model : dict of str to array
        The parameters before and after training.
    examples : (X, y)
        Some of the training examples.
    losses : sequence of float
        The loss of each step.
    """
    X, y = examples
    if told := facts.unscaled_inputs(X, losses[0], int(np.max(y)) + 1):
        return told
    try:
        scores = np.asarray(loss_function(X, model))
        loss, grads = loss_function(X, model, y, 0.0)
    except Exception:  # noqa: BLE001  a function of a student's may do anything; this is only advice
        return ""
    if not np.isfinite(loss):
        return ""
    way = sum(float(np.sum((model[name] - value) ** 2)) for name, value in start.items())
    length = sum(float(np.sum(value**2)) for value in start.values())
    return (
        facts.softmax_twice(scores, y, float(loss))
        or facts.no_gradient(grads, model)
        or facts.hardly_moved((way / length) ** 0.5 if length else 1.0, losses)
    )
