"""Two losses for the scores of a classifier, averaged over the examples, with their gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["softmax_loss", "svm_loss"]

Array = np.ndarray[Any, np.dtype[Any]]


def softmax_loss(x: Array, y: Array) -> tuple[float, Array]:
    """Compute the cross-entropy of the softmax of the scores, in nats.

    Parameters
    ----------
    x : array, (N, C)
        Scores of N examples for C classes.
    y : array of int, (N,)
        The right classes.

    Returns
    -------
    loss : float
        −(1/N) Σᵢ log softmax(xᵢ)[yᵢ]
    dx : array, (N, C)
        Its gradient with respect to x.

    Raises
    ------
    ValueError
        If the shapes don't fit or a label is no class.

    Examples
    --------
    >>> loss, dx = softmax_loss(np.zeros((2, 10)), np.array([3, 7]))
    >>> round(loss, 6)      # log 10
    2.302585
    """
    x, y = _checked(x, y)
    rows = np.arange(len(x))
    shifted = x - x.max(axis=1, keepdims=True)  # (N, C), so that exp can't overflow
    exponentials = np.exp(shifted)
    sums = exponentials.sum(axis=1, keepdims=True)  # (N, 1)
    loss = float(np.mean(np.log(sums[:, 0]) - shifted[rows, y]))
    dx = exponentials / sums
    dx[rows, y] -= 1
    return loss, dx / len(x)


def svm_loss(x: Array, y: Array) -> tuple[float, Array]:
    """Compute the multiclass hinge loss with margin 1 (Weston and Watkins 1999).

    Parameters
    ----------
    x : array, (N, C)
        Scores of N examples for C classes.
    y : array of int, (N,)
        The right classes.

    Returns
    -------
    loss : float
        (1/N) Σᵢ Σ_{j ≠ yᵢ} max(0, xᵢ[j] − xᵢ[yᵢ] + 1)
    dx : array, (N, C)
        Its gradient with respect to x. Where a margin is exactly 0, it is that of the flat side.

    Raises
    ------
    ValueError
        If the shapes don't fit or a label is no class.

    Examples
    --------
    >>> loss, dx = svm_loss(np.array([[3.0, 1.0, 2.5]]), np.array([0]))
    >>> loss
    0.5
    """
    x, y = _checked(x, y)
    rows = np.arange(len(x))
    margins = np.maximum(0, x - x[rows, y][:, None] + 1)  # (N, C)
    margins[rows, y] = 0
    dx = (margins > 0).astype(x.dtype)
    dx[rows, y] = -dx.sum(axis=1)
    return float(margins.sum() / len(x)), dx / len(x)


def _checked(x: Array, y: Array) -> tuple[Array, Array]:
    x, y = np.asarray(x), np.asarray(y)
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    if x.ndim != 2 or y.shape != x.shape[:1] or not x.size:
        raise ValueError(
            f"expected scores (N, C) and labels (N,), found shapes {x.shape} and {y.shape}"
        )
    if y.dtype.kind not in "iu":
        raise ValueError(f"labels must be integers, found {y.dtype}; use y.astype(int)")
    if int(y.min()) < 0 or int(y.max()) >= x.shape[1]:
        raise ValueError(
            f"labels must be from 0 to {x.shape[1] - 1}, found {int(y.min())} to {int(y.max())}"
        )
    return x, y
