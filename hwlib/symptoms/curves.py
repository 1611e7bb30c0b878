"""Rules for curves: what losses and accuracies say without a look at the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["by_heart", "in_a_line", "of_losses", "rising"]

Values = Sequence[float] | np.ndarray[Any, np.dtype[Any]]

_BLOCKS = 10  # the curve is averaged over so many parts, so that noise of single batches goes
_LONG = 100  # steps


def of_losses(losses: Values) -> str:
    """What a curve of training losses shows, "" if nothing or nothing certain.

    Examples
    --------
    >>> of_losses([2.3, 1.1, 0.6, 0.4])
    ''
    """
    found = [told for told in (rising(losses), in_a_line(losses)) if told]
    return found[0] if len(found) == 1 else ""


def rising(losses: Values) -> str:
    """The loss grows or is no number: steps that are too large, or go uphill.

    Source: Stanford CS231n, "Neural Networks Part 3", figure of learning rates,
    https://cs231n.github.io/neural-networks-3/#loss-function.

    Parameters
    ----------
    losses : sequence of float
        The loss of each step or epoch, at least 5.
    """
    values = np.asarray(losses, dtype=float)
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        return (
            f"The loss is no longer a finite number from value {wrong[0] + 1} on. Try a tenth of "
            "the learning rate; if that changes nothing, look for a logarithm or a division of 0."
        )
    if len(values) < 5:
        return ""
    first, last = values[0], np.median(values[-max(1, len(values) // _BLOCKS) :])
    if first <= 0 or last < 2 * first:
        return ""
    return (
        f"The loss grows, from {first:.3g} to {last:.3g}. Try a tenth of the learning rate; if it "
        "grows then too, look at the sign of the gradient."
    )


def in_a_line(losses: Values) -> str:
    """The loss falls along a straight line, and not far: the run is still at its beginning.

    Source: Stanford CS231n, "Neural Networks Part 3": "With low learning rates the improvements
    will be linear", https://cs231n.github.io/neural-networks-3/#loss-function.

    Parameters
    ----------
    losses : sequence of float
        The loss of each step. The first 100 say nothing: healthy runs may begin so.
    """
    values = np.asarray(losses, dtype=float)
    if len(values) < _LONG or not np.isfinite(values).all():
        return ""
    blocks = np.array([part.mean() for part in np.array_split(values, _BLOCKS)])
    places = np.arange(_BLOCKS)
    slope, start = np.polyfit(places, blocks, 1)
    fall = -slope * (_BLOCKS - 1)
    if not 0 < fall < 0.2 * blocks[0]:
        return ""
    off_the_line = np.abs(blocks - (start + slope * places)).max()
    # a first tenth that falls faster than the rest is how healthy runs begin
    if off_the_line > 0.08 * fall:
        return ""
    return (
        f"From the first step to the last the loss falls along one straight line, from "
        f"{blocks[0]:.4g} to {blocks[-1]:.4g}. Look at how far a step goes, and how many there are."
    )


def by_heart(train: Values, validation: Values) -> str:
    """The validation loss rises while the training loss falls.

    Source: Goodfellow, Bengio and Courville, "Deep Learning" (2016), section 7.8 and figure 7.3.

    Parameters
    ----------
    train, validation : sequence of float
        The mean loss of each epoch, equally many.
    """
    ours, theirs = np.asarray(train, dtype=float), np.asarray(validation, dtype=float)
    if len(ours) != len(theirs) or len(ours) < 4 or not np.isfinite([*ours, *theirs]).all():
        return ""
    lowest = int(np.argmin(theirs))
    since = len(ours) - 1 - lowest
    # the last three: one epoch alone may be an accident
    rose = since >= 3 and theirs[-3:].min() > 1.1 * theirs[lowest]
    if not rose or ours[-1] > 0.9 * ours[lowest]:
        return ""
    return (
        f"Since epoch {lowest + 1} the validation loss has risen from {theirs[lowest]:.3g} to "
        f"{theirs[-1]:.3g}, while the training loss fell from {ours[lowest]:.3g} to "
        f"{ours[-1]:.3g}. Compare the two curves: what has been learned since then?"
    )
