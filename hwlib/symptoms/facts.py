"""Rules for what was measured of a network, its data and its steps. NumPy only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = [
    "answers_change",
    "dead_units",
    "hardly_moved",
    "no_gradient",
    "same_label_in_a_row",
    "softmax_twice",
    "unscaled_inputs",
]

Array = np.ndarray[Any, np.dtype[Any]]


def unscaled_inputs(inputs: Array, first_loss: float, num_classes: int) -> str:
    """The inputs are large, and so is the loss at the start: larger than that of a guess.

    Source: Stanford CS231n, "Neural Networks Part 2", data preprocessing,
    https://cs231n.github.io/neural-networks-2/#datapre, and "Part 3", the expected loss at the
    start, https://cs231n.github.io/neural-networks-3/#sanitycheck.

    Parameters
    ----------
    inputs : array
        Some of the training examples.
    first_loss : float
        The loss of the first step.
    num_classes : int
    """
    typical = float(np.sqrt(np.mean(np.square(inputs, dtype=float))))
    guess = math.log(max(num_classes, 2))
    if not typical > 10 or first_loss <= 2 * guess:
        return ""
    return (
        f"The inputs are about {typical:.0f} in size, and the first loss is {first_loss:.3g}, "
        f"where a guess among {num_classes} classes has {guess:.2f}. Look at how the inputs are "
        "scaled before they go in."
    )


def softmax_twice(scores: Array, labels: Array, loss: float) -> str:
    """The network gives probabilities, and the loss takes the softmax of them once more.

    The loss of 10 classes then never falls below log(e + 9) − 1 = 1.46.

    Source: PyTorch, `torch.nn.CrossEntropyLoss`: "The input is expected to contain the unnormalized
    logits".

    Parameters
    ----------
    scores : array, (N, C)
        What the network gives for N examples.
    labels : array of int, (N,)
    loss : float
        Their mean loss.
    """
    if scores.ndim != 2 or scores.shape[1] < 2 or not np.isfinite(scores).all():
        return ""
    if scores.min() < 0 or np.abs(scores.sum(axis=1) - 1).max() > 1e-3:
        return ""
    again = np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(labels)), labels])
    if not math.isclose(loss, again, rel_tol=1e-3):
        return ""
    lowest = math.log(math.e + scores.shape[1] - 1) - 1
    return (
        f"The network's outputs add up to 1, and the loss, {loss:.3g}, is that of a softmax of "
        f"them, which never falls below {lowest:.2f}. Look at how often a softmax is taken."
    )


def answers_change(share: float) -> str:
    """In eval mode the network answers differently when asked again: it still works as in training.

    Source: PyTorch, `torch.nn.Module.eval`; `torch.nn.functional.dropout`, whose argument
    `training` is True unless it is given.

    Parameters
    ----------
    share : float
        The largest change of a score, as a share of the largest score.
    """
    if share < 1e-3:
        return ""
    return (
        f"In eval mode the same images get other scores when asked again (by {share:.0%}). "
        "Look in `forward` for what should differ between training and testing."
    )


def same_label_in_a_row(labels: Array) -> str:
    """The examples are used in their order, which is by label: a batch holds few of the classes.

    Source: Goodfellow, Bengio and Courville, "Deep Learning" (2016), section 8.1.3.

    Parameters
    ----------
    labels : array of int, (N,)
        In the order in which training uses them.
    """
    if len(labels) < 20:
        return ""
    shares = np.unique(labels, return_counts=True)[1] / len(labels)
    changes, expected = np.mean(labels[1:] != labels[:-1]), 1 - np.sum(shares**2)
    if expected < 0.1 or changes > 0.5 * expected:
        return ""
    return (
        "The examples are used in an order in which most have the label of the one before. Look at "
        "which labels a batch holds."
    )


def dead_units(dead: Sequence[float]) -> str:
    """Most units of a ReLU are 0 for every example, so no gradient reaches their weights.

    Source: Stanford CS231n, "Neural Networks Part 1", ReLU,
    https://cs231n.github.io/neural-networks-1/#actfun.

    Parameters
    ----------
    dead : sequence of float
        For each ReLU, in the order of the forward pass: the share of its units that are 0 for all
        of several hundred examples.
    """
    # up to 40 % are reported of runs that still learn; what is here has lost a whole layer
    if not dead or max(dead) < 0.9:
        return ""
    first = next(place for place, share in enumerate(dead) if share >= 0.9)
    return (
        f"{dead[first]:.0%} of the units of ReLU number {first + 1} are 0 for every image that was "
        "tried, so their weights get no gradient. Look at the values that go into it, at the start "
        "and after some steps."
    )


def no_gradient(grads: Mapping[str, Array], model: Mapping[str, Array]) -> str:
    """No matrix of weights gets a gradient, but a bias does: nothing passes the hidden layer.

    Source: as `dead_units`.

    Parameters
    ----------
    grads, model : dict of str to array
        Gradients without regularisation, and parameters, of the same shapes.
    """
    weights = [name for name, value in model.items() if np.ndim(value) >= 2]
    others = [name for name in model if name not in weights]
    some = [name for name in others if np.any(grads[name])]
    # weights that are all 0 block every gradient, too
    if not weights or not some or any(np.any(grads[w]) or not np.any(model[w]) for w in weights):
        return ""
    return (
        f"No gradient reaches {', '.join(weights)}, only {', '.join(some)}. Look at the share of "
        "hidden values that are not 0."
    )


def hardly_moved(moved: float, losses: Sequence[float]) -> str:
    """The weights are where they began, and the loss is, too: the steps were too small.

    Source: Stanford CS231n, "Neural Networks Part 3", ratio of updates to weights (about 0.001 for
    each step), https://cs231n.github.io/neural-networks-3/#ratio.

    Parameters
    ----------
    moved : float
        Length of the way from the first weights to the last, as a share of the length of the first.
    losses : sequence of float
        The loss of each step.
    """
    part = max(1, len(losses) // 10)
    first, last = float(np.mean(losses[:part])), float(np.mean(losses[-part:]))
    if not 0 < moved < 0.01 or not last > 0.95 * first:
        return ""
    return (
        f"From the first step to the last the weights moved by {100 * moved:.2g} % of their size, "
        f"and the loss from {first:.3g} to {last:.3g}. Look at how far a step goes; try a larger "
        "one."
    )
