"""Figures show what they say, can be shown by Jupyter once, and draw without a warning."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import needs
import numpy as np

matplotlib = needs.module("matplotlib")
matplotlib.use("Agg")

from matplotlib import pyplot

from hwlib import plots
from hwlib.data import CIFAR10_CLASSES, load_cifar10

IMAGES, LABELS, _, _ = load_cifar10(sample=True)


def drawn(figure: Any) -> Any:
    """The figure, drawn to the end; warnings are errors in tests."""
    figure.canvas.draw()
    return figure


def test_the_grid_has_a_column_for_each_class_and_shows_images_of_that_class() -> None:
    figure = drawn(plots.image_grid_by_class(IMAGES, LABELS, CIFAR10_CLASSES, per_class=7))
    assert len(figure.axes) == 70
    assert [axes.get_title() for axes in figure.axes[:10]] == list(CIFAR10_CLASSES)
    for place, axes in enumerate(figure.axes):
        shown = axes.images[0].get_array()
        row, column = divmod(place, 10)
        assert np.array_equal(shown, IMAGES[np.flatnonzero(column == LABELS)[row]])


def test_a_generator_chooses_other_images_of_the_same_classes() -> None:
    def shown(rng: np.random.Generator | None) -> list[bytes]:
        figure = plots.image_grid_by_class(
            IMAGES[:300], LABELS[:300], CIFAR10_CLASSES, per_class=2, rng=rng
        )
        return [np.asarray(axes.images[0].get_array()).tobytes() for axes in figure.axes]

    chosen = shown(np.random.default_rng(1))
    assert shown(np.random.default_rng(1)) == chosen
    assert shown(None) != chosen
    of_class = [
        {image.tobytes() for image in IMAGES[:300][LABELS[:300] == label]} for label in range(10)
    ]
    assert all(image in of_class[place % 10] for place, image in enumerate(chosen))


def test_a_class_with_too_few_images_leaves_places_empty() -> None:
    figure = drawn(
        plots.image_grid_by_class(IMAGES[:3], np.array([0, 0, 2]), ["a", "b", "c"], per_class=2)
    )
    assert [len(axes.images) for axes in figure.axes] == [1, 0, 1, 1, 0, 0]


def test_images_stand_side_by_side_under_their_titles() -> None:
    figure = drawn(plots.images(IMAGES[:5], ["one", "two", "three", "four", "five"], columns=3))
    assert [axes.get_title() for axes in figure.axes] == ["one", "two", "three", "four", "five", ""]
    gray = drawn(plots.images(IMAGES[:2, :, :, 0]))
    assert gray.axes[0].images[0].get_cmap().name == "gray"


def test_accuracy_against_k_shows_each_fold_and_mean_with_deviation() -> None:
    accuracies = {10: [0.3, 0.4], 1: [0.1, 0.3], 3: [0.2, 0.2]}
    (axes,) = drawn(plots.accuracy_against_k(accuracies)).axes
    points = axes.collections[0].get_offsets()
    assert sorted(map(tuple, np.asarray(points).tolist())) == [
        (1, 0.1),
        (1, 0.3),
        (3, 0.2),
        (3, 0.2),
        (10, 0.3),
        (10, 0.4),
    ]
    line, _, (bars,) = axes.containers[0].lines
    assert np.allclose(line.get_xydata(), [(1, 0.2), (3, 0.2), (10, 0.35)])
    heights = [segment[1][1] - segment[0][1] for segment in bars.get_segments()]
    assert np.allclose(heights, [0.2, 0, 0.1])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "3", "10"]
    assert "neighbours" in axes.get_xlabel() and "accuracy" in axes.get_ylabel()


def test_many_values_of_k_get_a_logarithmic_axis_and_folds_may_differ_in_number() -> None:
    accuracies: dict[int, Any] = {1: [0.1], 5: [0.2, 0.3], 100: np.array([0.1, 0.2, 0.3])}
    (axes,) = drawn(plots.accuracy_against_k(accuracies)).axes
    assert axes.get_xscale() == "log"
    (one,) = drawn(plots.accuracy_against_k({5: [0.5, 0.6]})).axes
    assert one.get_xscale() == "linear"


def test_curves_have_names_colours_and_labels() -> None:
    (axes,) = drawn(
        plots.curves({"train": [3.0, 2, 1], "validation": [3.0, 2.5]}, "epoch", "loss (nats)")
    ).axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["train", "validation"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "loss (nats)")
    assert np.array_equal(axes.lines[0].get_xydata(), [(1, 3), (2, 2), (3, 1)])
    assert len({line.get_color() for line in axes.lines}) == 2


def test_a_matrix_comes_with_a_bar_that_says_what_the_colours_mean() -> None:
    axes, bar = drawn(plots.matrix(np.arange(6).reshape(2, 3), "column", "row", "distance")).axes
    assert np.array_equal(axes.images[0].get_array(), [[0, 1, 2], [3, 4, 5]])
    assert bar.get_ylabel() == "distance"


def test_colours_of_the_palette_differ_from_white_and_from_each_other() -> None:
    colours = np.array([matplotlib.colors.to_rgb(colour) for colour in plots.PALETTE])
    assert (
        np.linalg.norm(colours[:, None] - colours, axis=2)[~np.eye(len(colours), dtype=bool)].min()
        > 0.25
    )
    assert np.linalg.norm(1 - colours, axis=1).min() > 0.4


def test_pyplot_keeps_no_figure_so_none_is_shown_twice() -> None:
    before = pyplot.get_fignums()
    plots.images(IMAGES[:2])
    plots.curves({"a": [1.0, 2.0]}, "x", "y")
    assert pyplot.get_fignums() == before


def test_matplotlib_is_imported_with_the_first_figure_not_before() -> None:
    code = (
        "import sys, json; from hwlib import plots; print(json.dumps([m for m in sys.modules "
        "if m.startswith('matplotlib')]))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(found.stdout) == []


def test_jupyter_shows_a_figure_that_ends_a_cell_exactly_once() -> None:
    nbclient = needs.module("nbclient")
    nbformat = needs.module("nbformat")
    source = "from hwlib import plots\nplots.curves({'loss': [2.0, 1.0]}, 'step', 'loss')"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    nbclient.NotebookClient(notebook, kernel_name="python3").execute()
    shown = [
        output for output in notebook.cells[0].outputs if "image/png" in output.get("data", {})
    ]
    assert len(shown) == 1 and len(notebook.cells[0].outputs) == 1
    assert shown[0]["metadata"]["image/png"]["alt"].startswith("loss against step. loss: 2 values")


def alt(figure: Any) -> str:
    """The alternative text, as IPython writes it."""
    from IPython.core.formatters import DisplayFormatter

    data, metadata = DisplayFormatter().format(figure)
    assert data["text/plain"] == metadata["image/png"]["alt"]
    return str(data["text/plain"])


def test_every_figure_is_described_with_its_numbers() -> None:
    assert alt(plots.curves({"sgd": [2.3, 0.4, 0.5]}, "step", "loss")) == (
        "loss against step. sgd: 3 values from 2.3 to 0.5, between 0.4 and 2.3."
    )
    assert "not a finite number from value 2 on" in alt(
        plots.curves({"sgd": [1.0, float("nan")]}, "step", "loss")
    )
    assert alt(plots.accuracy_against_k({1: [0.2, 0.4], 5: [0.5, 0.5]})) == (
        "Mean validation accuracy: 0.3 for k = 1, 0.5 for k = 5. The highest is 0.5, for k = 5."
    )
    assert alt(plots.matrix(np.array([[0.0, 1.0], [2.0, 5.0]]), "test", "train", "distance")) == (
        "distance as colours, 2 by 2 (train by test): from 0 to 5, 2 on average."
    )
    assert "plane, car" in alt(plots.image_grid_by_class(IMAGES, LABELS, CIFAR10_CLASSES))
    assert alt(plots.images(IMAGES[:3], ["a", "b", "c"], columns=2)) == (
        "3 pictures in rows of 2, titled a, b, c."
    )
    assert alt(plots.weight_images(np.zeros((2, 4, 4)), ["plane", "car"])) == (
        "Weights as 2 pictures, for plane, car."
    )


def test_a_confusion_matrix_is_described_by_its_diagonal_and_the_most_frequent_mistake() -> None:
    confusion = np.array([[0.7, 0.1, 0.2], [0.0, 0.9, 0.1], [0.3, 0.2, 0.5]])
    assert alt(plots.matrix(confusion, "guess", "truth", "share of the class")).endswith(
        "On the diagonal: 0.7, 0.9, 0.5. The largest value beside it is 0.3, in row 2, column 0."
    )
    distances = np.array([[5.0, 1.0, 2.0], [3.0, 9.0, 4.0]])
    assert alt(plots.matrix(distances, "training image", "test image", "distance")).endswith(
        "; the smallest in row 0, column 1, the largest in row 1, column 1."
    )
