"""Figures that a notebook draws without hwlib.plots are described in words, too."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import needs
import numpy as np

matplotlib = needs.module("matplotlib")
needs.module("ipykernel")

from IPython.core.formatters import DisplayFormatter
from matplotlib.figure import Figure

from hwlib import plots
from hwlib.alt_text import describe, describe_all


def shown(figure: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What IPython makes of a figure in a notebook that hwlib watches."""
    shell = SimpleNamespace(display_formatter=DisplayFormatter())
    describe_all(shell)
    return shell.display_formatter.format(figure)  # type: ignore[no-any-return]


def two_panels() -> Figure:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    left.plot([1, 2, 3], [2.0, 0.5, 1.0], label="loss")
    left.axhline(0.7)
    left.set(xlabel="step", ylabel="loss", title="Training")
    right.barh(["a", "b"], [3.0, 4.5], label="first")
    right.scatter([1, 2, 3], [0, 1, 1], label="songs")
    figure.suptitle("Two panels")
    return figure


def test_titles_labels_and_numbers_are_in_the_text() -> None:
    assert describe(two_panels()) == (
        "Two panels. Training, loss against step: loss: 3 values from 2 to 1, between 0.5 and 2. "
        "bars (first): 3, 4.5; 3 points (songs)."
    )


def test_the_text_is_the_alternative_text_of_the_picture() -> None:
    figure = two_panels()
    data, metadata = shown(figure)
    assert data["text/plain"] == metadata["image/png"]["alt"] == describe(figure)


def test_a_figure_that_has_a_text_keeps_it() -> None:
    data, metadata = shown(plots.curves({"sgd": [2.3, 0.4]}, "step", "loss"))
    assert metadata["image/png"]["alt"].startswith("loss against step. sgd: 2 values")
    assert data["text/plain"] == metadata["image/png"]["alt"]


def test_pictures_matrices_and_many_things_are_told_in_short() -> None:
    figure = Figure()
    for place, axes in enumerate(figure.subplots(2, 2).flat):
        axes.imshow(np.zeros((4, 5)))
        axes.set_title(f"digit {place}")
    assert describe(figure) == "4 pictures, titled digit 0, digit 1, digit 2, digit 3."
    figure = Figure()
    axes = figure.subplots()
    drawn = axes.imshow(np.arange(6.0).reshape(2, 3))
    figure.colorbar(drawn, ax=axes, label="distance")
    assert describe(figure) == "colours, 2 by 3, from 0 to 5."
    figure = Figure()
    axes = figure.subplots()
    axes.plot(np.ones((5, 12)))
    axes.bar(range(20), range(20))
    assert describe(figure).endswith("4 more lines; 20 bars from 0 to 19.")


def test_a_figure_with_nothing_or_with_oddities_is_shown_as_ever() -> None:
    assert describe(Figure()) == ""
    assert shown(Figure())[0]["text/plain"].startswith("<Figure size")
    figure = Figure()
    figure.subplots().plot(["a", "b", "c"], [1.0, np.nan, 2.0], label="by name")
    assert describe(figure) == "by name: from 1, not a finite number from value 2 on."
    figure.axes[0].lines[0].set_ydata(["x", "y", "z"])  # no numbers: no description, no error
    assert shown(figure)[0]["text/plain"].startswith("<Figure size")
