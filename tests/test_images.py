"""The photographs in the package, and the figures of weights and of training."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
from matplotlib.figure import Figure

from hwlib import plots
from hwlib.data.images import photographs
from hwlib.training import TrainingHistory


def test_there_are_two_colour_photographs_of_one_size_yours_to_change() -> None:
    pavilion, flower = photographs()
    assert pavilion.shape == flower.shape == (320, 480, 3)
    assert pavilion.dtype == flower.dtype == np.uint8
    pavilion[:] = 0
    assert photographs()[0].std() > 40  # a picture, and not the one that was just painted black
    assert flower[160, 240].argmax() == 0  # the middle of the flower is reddish, in RGB


def test_the_photographs_are_small_and_their_licence_and_authors_stand_beside_them() -> None:
    folder = files("hwlib.data.images")
    names = ("pavilion.jpg", "flower.jpg")
    assert sum(len(folder.joinpath(name).read_bytes()) for name in names) < 200_000
    text = folder.joinpath("LICENSES.md").read_text(encoding="utf-8")
    for part in (
        *names,
        "creativecommons.org/licenses/by/2.0",
        "danielbuechele",
        "vultilion",
        "flickr.com",
        "Changed by us",
    ):
        assert part in text


def test_weights_are_shown_each_on_its_own_scale_even_when_constant() -> None:
    weights = np.zeros((3, 4, 5, 3))
    weights[0, 0, 0, 0], weights[1, 0, 0, 0] = 1e-6, -50
    figure = plots.weight_images(weights, titles=["a", "b", "c"], columns=2)
    assert isinstance(figure, Figure)
    shown = [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]
    assert len(shown) == 3
    assert [(float(image.min()), float(image.max())) for image in shown] == [(0, 1), (0, 1), (0, 0)]


def test_training_shows_losses_and_both_accuracies_against_epochs() -> None:
    history = TrainingHistory(
        {},
        steps_per_epoch=100,
        loss_history=[1.0] * 200,
        accuracy_steps=[0, 100, 200],
        train_accuracy=[0.1, 0.4, 0.6],
        val_accuracy=[0.1, 0.3, 0.5],
    )
    losses, accuracies = plots.training(history).axes
    assert np.asarray(losses.lines[0].get_xdata())[-1] == 2.0
    assert [np.asarray(line.get_xdata()).tolist() for line in accuracies.lines] == [[0, 1, 2]] * 2
    legend = accuracies.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        "training",
        "validation",
    ]


def test_training_without_validation_data_has_one_accuracy_line() -> None:
    history = TrainingHistory(
        {},
        steps_per_epoch=1,
        loss_history=[1.0, 0.5],
        accuracy_steps=[0, 1, 2],
        train_accuracy=[0.1, 0.4, 0.6],
    )
    losses, accuracies = plots.training(history).axes
    assert len(accuracies.lines) == 1
    assert len(losses.lines) == 1  # too few steps for a mean over a window
