"""Draws the figures of notebooks: images by class, accuracy against a setting, training curves.

Each function returns a Figure. If the call is the last expression of a cell, the notebook shows it.
Pyplot keeps none of the figures, so they use no memory later and do not show twice. matplotlib is
imported when the first figure is made.

Each figure is described in words, with its numbers: as the alternative text of the picture, and in
feedback pages.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from hwlib.alt_text import course_of, describe_as
from hwlib.symptoms import of_losses, rising, told_to_students

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "PALETTE",
    "accuracy_against_k",
    "curves",
    "image_grid_by_class",
    "images",
    "matrix",
    "training",
    "weight_images",
]

Array = np.ndarray[Any, np.dtype[Any]]


class History(Protocol):
    """The input of `training`: a TrainingHistory or a FitHistory."""

    steps_per_epoch: int
    loss_history: list[float]
    train_accuracy: list[float]
    val_accuracy: list[float]

    @property
    def accuracy_steps(self) -> Sequence[int]:
        """Number of steps before each measurement of the accuracies."""


PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
"""Okabe and Ito's colours, which colour-blind readers can tell apart.

Yellow is left out because it is too faint on white.
"""


def image_grid_by_class(
    images: Array,
    labels: Array,
    class_names: Sequence[str],
    per_class: int = 7,
    rng: np.random.Generator | None = None,
) -> Figure:
    """Show some images of each class, with one column for each class.

    Parameters
    ----------
    images : array, (N, height, width) or (N, height, width, 3)
        uint8, or floats in [0, 1].
    labels : array of int, (N,)
        Index into `class_names`.
    per_class : int
        Number of rows. If a class has fewer images, some places stay empty.
    rng : Generator, optional
        Chooses the images. Without it, they are the first of each class.
    """
    figure = _figure(width=1.0 * len(class_names), height=1.0 * per_class + 0.3)
    grid = figure.subplots(per_class, len(class_names), squeeze=False)
    for column, name in enumerate(class_names):
        members = np.flatnonzero(np.asarray(labels) == column)
        chosen = members[:per_class] if rng is None else rng.permutation(members)[:per_class]
        for row in range(per_class):
            if row < len(chosen):
                _show_image(grid[row, column], images[chosen[row]])
            grid[row, column].set_axis_off()
        grid[0, column].set_title(name, fontsize=11)
    return _described(figure, f"Images of {', '.join(class_names)}; up to {per_class} of each.")


def images(
    pictures: Array | Sequence[Array],
    titles: Sequence[str] = (),
    columns: int = 10,
    size: float = 1.15,
) -> Figure:
    """Show pictures side by side, each with a title; (N, height, width) or (N, height, width, 3).

    `size` is the width of each in inches. All should have the same shape.
    """
    columns = max(1, min(columns, len(pictures)))
    rows = max(1, -(-len(pictures) // columns))
    picture_height = size * pictures[0].shape[0] / pictures[0].shape[1] if len(pictures) else size
    figure = _figure(width=size * columns, height=(picture_height + (0.25 if titles else 0)) * rows)
    for place, axes in enumerate(figure.subplots(rows, columns, squeeze=False).flat):
        axes.set_axis_off()
        if place < len(pictures):
            _show_image(axes, pictures[place])
            axes.set_title(titles[place] if place < len(titles) else "", fontsize=9)
    named = f", titled {', '.join(titles)}" if titles else ""
    return _described(figure, f"{len(pictures)} pictures in rows of {columns}{named}.")


def accuracy_against_k(accuracies: Mapping[int, Sequence[float]]) -> Figure:
    """Plot the accuracy of each fold against k, with the mean and one standard deviation.

    Parameters
    ----------
    accuracies : dict of int to sequence of float
        k → accuracies of the folds, between 0 and 1, as `cross_validate_k` returns them.
    """
    ks = sorted(accuracies)
    folds = [np.asarray(accuracies[k], dtype=float) for k in ks]
    means = np.array([fold.mean() for fold in folds])
    figure = _figure(width=7.5, height=4.5)
    axes = figure.subplots()
    axes.scatter(
        np.repeat(ks, [len(fold) for fold in folds]),
        np.concatenate(folds),
        s=18,
        alpha=0.6,
        color=PALETTE[0],
        linewidths=0,
        label="one fold",
    )
    axes.errorbar(
        ks,
        means,
        yerr=[fold.std() for fold in folds],
        color=PALETTE[1],
        marker="o",
        markersize=5,
        capsize=4,
        label="mean ± 1 standard deviation",
    )
    if len(ks) > 1 and ks[0] > 0 and ks[-1] > 10 * ks[0]:
        axes.set_xscale("log")
    axes.set_xticks(ks, [str(k) for k in ks])
    axes.set_xticks([], minor=True)
    best = int(np.argmax(means))
    listed = ", ".join(f"{mean:.3g} for k = {k}" for k, mean in zip(ks, means, strict=True))
    return _described(
        _label(axes, "k, number of neighbours", "validation accuracy (share of images)"),
        f"Mean validation accuracy: {listed}. The highest is {means[best]:.3g}, for "
        f"k = {ks[best]}.",
    )


def curves(lines: Mapping[str, Sequence[float]], xlabel: str, ylabel: str) -> Figure:
    """Plot one line for each name against 1, 2, 3, …, such as losses over steps or epochs.

    If `ylabel` names a loss and a line shows that something is wrong, a sentence below says so.
    """
    figure = _figure(width=7.5, height=4.5)
    axes = figure.subplots()
    for number, (name, values) in enumerate(lines.items()):
        few = len(values) <= 30
        axes.plot(
            np.arange(1, len(values) + 1),
            values,
            label=name,
            color=PALETTE[number % len(PALETTE)],
            linestyle=("-", "--", ":")[number // len(PALETTE) % 3],
            marker="o" if few else "",
            markersize=4,
        )
    told = "; ".join(course_of(name, values) for name, values in lines.items())
    noticed = _noticed(lines) if "loss" in ylabel else ""
    return _described(_label(axes, xlabel, ylabel), f"{ylabel} against {xlabel}. {told}.", noticed)


def training(history: History) -> Figure:
    """Plot the loss of each step, and training and validation accuracy, against epochs.

    The history comes from `ClassifierTrainer.train` or `fit`. The loss of single batches is noisy,
    so a dark line shows its mean over a window, which is a fiftieth of all steps long.
    """
    figure = _figure(width=10.0, height=3.8)
    left, right = figure.subplots(1, 2)
    losses = np.asarray(history.loss_history, dtype=float)
    epochs = np.arange(1, len(losses) + 1) / history.steps_per_epoch
    window = max(1, len(losses) // 50)
    smooth = np.convolve(losses, np.full(window, 1 / window), mode="valid")
    left.plot(epochs, losses, color=PALETTE[4], linewidth=0.8, alpha=0.6, label="one batch")
    if window >= 5:  # with fewer batches, the mean is as noisy as they are
        left.plot(epochs[window - 1 :], smooth, color=PALETTE[0], label=f"mean of {window} batches")
    _label(left, "epoch", "loss")
    measured = np.asarray(history.accuracy_steps) / history.steps_per_epoch
    for number, (name, values) in enumerate(
        {"training": history.train_accuracy, "validation": history.val_accuracy}.items()
    ):
        if values:
            right.plot(
                measured,
                values,
                color=PALETTE[number],
                marker="o" if len(values) <= 30 else "",
                markersize=4,
                label=name,
            )
    right.set_ylim(bottom=0)
    told = "; ".join(
        course_of(name, values)
        for name, values in {
            "loss": smooth if window >= 5 else losses,
            "training accuracy": history.train_accuracy,
            "validation accuracy": history.val_accuracy,
        }.items()
    )
    length = f"{len(losses) / history.steps_per_epoch:.3g} epochs"
    return _described(
        _label(right, "epoch", "accuracy (share of images)"),
        f"Training over {length}. {told}.",
    )


def weight_images(weights: Array, titles: Sequence[str] = (), columns: int = 10) -> Figure:
    """Show the weights of a layer as pictures, one for each class, unit or filter.

    Parameters
    ----------
    weights : array, (num, height, width) or (num, height, width, 3)
        Any numbers. Each picture is scaled on its own, from its smallest value (black) to its
        largest.
    """
    weights = np.asarray(weights, dtype=float)
    axes = tuple(range(1, weights.ndim))
    low, high = weights.min(axis=axes, keepdims=True), weights.max(axis=axes, keepdims=True)
    scaled = (weights - low) / np.where(high > low, high - low, 1.0)
    named = f", for {', '.join(titles)}" if titles else ""
    return _described(
        images(scaled, titles, columns), f"Weights as {len(weights)} pictures{named}."
    )


def matrix(values: Array, xlabel: str, ylabel: str, colorbar: str) -> Figure:
    """Show a matrix as a picture, with a colour bar that explains the colours."""
    figure = _figure(width=8.0, height=3.6)
    axes = figure.subplots()
    drawn = axes.imshow(values, cmap="viridis", aspect="auto", interpolation="nearest")
    figure.colorbar(drawn, ax=axes, label=colorbar)
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    values = np.asarray(values)
    return _described(
        figure,
        f"{colorbar} as colours, {' by '.join(map(str, values.shape))} ({ylabel} by {xlabel}): "
        f"from {values.min():.3g} to {values.max():.3g}, {values.mean():.3g} on average"
        f"{_places(values)}.",
    )


def _places(values: Array) -> str:
    """The diagonal of a square matrix such as a confusion matrix, and the largest value beside it.

    Of any other matrix, where its smallest value and its largest are. Places count from 0.
    """

    def place(index: int) -> str:
        row, column = np.unravel_index(index, values.shape)
        return f"row {row}, column {column}"

    if values.shape[0] != values.shape[1]:
        smallest, largest = place(int(values.argmin())), place(int(values.argmax()))
        return f"; the smallest in {smallest}, the largest in {largest}"
    if not 3 <= len(values) <= 20:
        return ""
    diagonal = ", ".join(f"{value:.3g}" for value in np.diagonal(values))
    beside = np.where(np.eye(len(values), dtype=bool), -np.inf, values)
    return (
        f". On the diagonal: {diagonal}. The largest value beside it is {beside.max():.3g}, in "
        f"{place(int(beside.argmax()))}"
    )


def _figure(width: float, height: float) -> Figure:
    """Make a figure of that size in inches.

    Pyplot makes it, because Jupyter shows figures only after pyplot was imported. Then pyplot
    forgets it, or Jupyter would show it twice.
    """
    from matplotlib import pyplot

    figure = pyplot.figure(figsize=(width, height), layout="constrained")
    pyplot.close(figure)
    return figure


def _noticed(losses: Mapping[str, Sequence[float]]) -> str:
    """What the lines of a figure show, about the first of which something can be said.

    Losses of validation or test data rise for other reasons. Where lines are compared, it goes
    without saying that one of them falls slowly.
    """
    if not told_to_students():
        return ""
    trained = {name: one for name, one in losses.items() if not re.search("val|test", name)}
    rule = of_losses if len(trained) == 1 else rising
    told = {name: rule(values) for name, values in trained.items()}
    for name, text in told.items():
        if text:
            return f"{name}: {text}" if len(losses) > 1 else text
    return ""


def _described(figure: Figure, text: str, noticed: str = "") -> Figure:
    """Give a figure its description; what was noticed stands below it, and at the end."""
    if noticed:
        figure.supxlabel(textwrap.fill(f"Noticed: {noticed}", 90), fontsize=9)
        text = f"{text} Noticed: {noticed}"
    return describe_as(figure, text)


def _show_image(axes: Axes, image: Array) -> None:
    axes.imshow(image, cmap="gray" if image.ndim == 2 else None, interpolation="nearest")


def _label(axes: Axes, xlabel: str, ylabel: str) -> Figure:
    from matplotlib.figure import Figure

    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    return figure
