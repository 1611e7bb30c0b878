"""The training doctor: each fault is named in a real training run that has it, a healthy one is not
commented on, and no sentence explains a curve.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import needs
import numpy as np
import pytest

from hwlib import plots
from hwlib.layers import softmax_loss
from hwlib.symptoms import by_heart, in_a_line, of_losses, rising
from hwlib.symptoms.facts import same_label_in_a_row
from hwlib.training import ClassifierTrainer, TrainingHistory, sgd_update

SEEDS = range(20)
Arrays = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]


def clusters(seed: int, num: int = 400, spread: float = 1.0) -> Arrays:
    """Five overlapping classes in 20 dimensions; any network learns most of them."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(1).normal(size=(5, 20)) * 1.2
    y = rng.integers(0, 5, size=num)
    return (centres[y] + spread * rng.normal(size=(num, 20))).astype(np.float32), y


# ---- NumPy ----


def two_layers(X: Any, model: Any, y: Any = None, reg: float = 0.0) -> Any:
    """A network with a ReLU, as students write it."""
    hidden = np.maximum(X @ model["W1"] + model["b1"], 0)
    scores = hidden @ model["W2"] + model["b2"]
    if y is None:
        return scores
    loss, dscores = softmax_loss(scores, y)
    dhidden = dscores @ model["W2"].T * (hidden > 0)
    grads = {"W1": X.T @ dhidden, "b1": dhidden.sum(0)}
    grads |= {"W2": hidden.T @ dscores, "b2": dscores.sum(0)}
    penalty = sum(np.sum(model[name] ** 2) for name in ("W1", "W2"))
    for name in ("W1", "W2"):
        grads[name] = grads[name] + reg * model[name]
    return loss + reg / 2 * penalty, grads


def probabilities_first(X: Any, model: Any, y: Any = None, reg: float = 0.0) -> Any:
    """The same with a softmax too many before the loss, and the right gradient of that."""
    scores = two_layers(X, model)
    exps = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exps / exps.sum(axis=1, keepdims=True)
    if y is None:
        return p
    loss, dp = softmax_loss(p, y)
    dscores = p * (dp - (dp * p).sum(axis=1, keepdims=True))
    hidden = np.maximum(X @ model["W1"] + model["b1"], 0)
    dhidden = dscores @ model["W2"].T * (hidden > 0)
    return loss, {
        "W1": X.T @ dhidden,
        "b1": dhidden.sum(0),
        "W2": hidden.T @ dscores,
        "b2": dscores.sum(0),
    }


def small_model(seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        "W1": rng.normal(size=(20, 30)) * 0.3,
        "b1": np.zeros(30),
        "W2": rng.normal(size=(30, 5)) * 0.2,
        "b2": np.zeros(5),
    }


def trained(
    seed: int = 0,
    loss: Callable[..., Any] = two_layers,
    model: dict[str, Any] | None = None,
    scale: float = 1.0,
    rate: float = 0.1,
    epochs: int = 6,
) -> TrainingHistory:
    X, y = clusters(seed)
    trainer = ClassifierTrainer(loss, sgd_update, learning_rate=rate, reg=1e-3, batch_size=40)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return trainer.train(
            model or small_model(seed),
            scale * X,
            y,
            num_epochs=epochs,
            rng=np.random.default_rng(seed),
        )


@pytest.fixture(autouse=True)
def a_student_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HWLIB_GRADING", raising=False)


def test_healthy_models_of_numpy_are_not_commented_on(capsys: pytest.CaptureFixture[str]) -> None:
    runs = [trained(seed, rate=rate) for seed in SEEDS for rate in (0.03, 0.2)]
    assert [run.symptom for run in runs] == [""] * len(runs)
    assert min(run.train_accuracy[-1] for run in runs) > 0.8  # they are healthy
    assert "Noticed" not in capsys.readouterr().out


def test_steps_that_are_too_large_are_named_and_the_line_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = trained(rate=8.0)
    assert run.symptom.startswith("The loss grows, from 2.")
    printed = capsys.readouterr().out
    assert " ".join(printed.split()) == f"Noticed: {run.symptom}"
    assert max(map(len, printed.split("\n"))) <= 80  # JupyterLab breaks longer lines inside words


def test_steps_that_are_too_small_are_named() -> None:
    assert "the weights moved by 0.0" in trained(rate=1e-5).symptom
    assert "along one straight line" in trained(rate=1e-3, epochs=10).symptom


def test_a_softmax_too_many_is_named() -> None:
    run = trained(loss=probabilities_first, rate=0.5)
    assert run.train_accuracy[-1] > 0.6  # it learns, and the loss does not show it
    lowest = math.log(math.e + 4) - 1
    assert f"never falls below {lowest:.2f}" in run.symptom


def test_hidden_units_that_are_all_dead_are_named() -> None:
    run = trained(model=small_model() | {"b1": np.full(30, -50.0)})
    assert run.symptom.startswith("No gradient reaches W1, W2, only b2.")
    zeros = {name: np.zeros_like(value) for name, value in small_model().items()}
    assert trained(model=zeros).symptom == ""  # no gradient either, for another reason


def test_inputs_that_are_not_scaled_are_named() -> None:
    run = trained(scale=100.0)
    assert run.symptom.startswith("The inputs are about 1")
    assert "Look at how the inputs are scaled" in run.symptom


def test_nothing_is_asked_of_the_students_function_when_nobody_looks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HWLIB_GRADING", "1")
    assert trained(rate=8.0).symptom == ""


# ---- torch ----

torch = needs.module("torch")
nn = torch.nn


def network(seed: int, *more: Any) -> Any:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(20, 30), nn.ReLU(), *more, nn.Linear(30, 5))


def fitted(number: int = 0, model: Any = None, rate: float = 0.1, **options: Any) -> Any:
    from hwlib.training import fit

    torch.set_num_threads(1)  # so that `fit` does not measure how many are fastest
    data = options.pop("data", clusters(number))
    model = network(number) if model is None else model
    options = {"epochs": 4, "batch_size": 40, "seed": number} | options
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        optimizer = torch.optim.SGD(model.parameters(), lr=rate)
        return fit(model, data, clusters(number + 1000, num=200), optimizer, **options)


@pytest.mark.parametrize("more", ["nothing", "dropout", "batch norm"])
def test_healthy_networks_of_torch_are_not_commented_on(more: str) -> None:
    layers = {"nothing": [], "dropout": [nn.Dropout(0.3)], "batch norm": [nn.BatchNorm1d(30)]}
    runs = [fitted(seed, network(seed, *layers[more])) for seed in SEEDS]
    assert [run.symptom for run in runs] == [""] * len(runs)
    assert min(run.train_accuracy[-1] for run in runs) > 0.7


class ForgetsItsMode(nn.Module):  # type: ignore[misc,name-defined]
    """Dropout as it is often written: always on."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.out = nn.Linear(20, 30), nn.Linear(30, 5)

    def forward(self, x: Any) -> Any:
        return self.out(nn.functional.dropout(torch.relu(self.hidden(x)), 0.5))


def in_order(seed: int = 0) -> Arrays:
    X, y = clusters(seed)
    order = np.argsort(y, kind="stable")
    return X[order], y[order]


def dead() -> Any:
    model = network(0)
    nn.init.constant_(model[0].bias, -50.0)
    return model


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"rate": 10.0, "epochs": 2}, "The loss grows"),
        ({"rate": 1e-6}, "the weights moved by"),
        ({"model": lambda: network(0, nn.BatchNorm1d(30, track_running_stats=False))}, "eval mode"),
        ({"model": ForgetsItsMode}, "In eval mode the same images get other scores"),
        ({"model": dead}, "100% of the units of ReLU number 1 are 0"),
        (
            {"model": lambda: nn.Sequential(network(0), nn.Softmax(dim=1)), "rate": 1.0},
            "Look at how often a softmax is taken.",
        ),
        ({"data": in_order(), "shuffle": False}, "most have the label of the one before"),
        ({"data": (100 * clusters(0)[0], clusters(0)[1])}, "how the inputs are scaled"),
    ],
    ids=[
        "step too large",
        "step too small",
        "statistics of the batch",
        "dropout while testing",
        "dead ReLU",
        "softmax twice",
        "sorted",
        "not scaled",
    ],
)
def test_a_fault_is_named(options: dict[str, Any], told: str) -> None:
    model = options.get("model", lambda: None)()
    run = fitted(**(options | {"model": model}))
    assert told in run.symptom


def test_a_network_that_learns_by_heart_is_named() -> None:
    rng = np.random.default_rng(2)
    X, y = clusters(2, num=60, spread=3.0)
    noisy = X, np.where(rng.random(60) < 0.4, rng.integers(0, 5, 60), y)
    run = fitted(data=noisy, rate=0.3, epochs=20, batch_size=10)
    assert run.symptom.startswith("Since epoch ")
    assert "while the training loss fell" in run.symptom


def test_the_doctor_changes_neither_weights_nor_random_numbers() -> None:
    weights, drawn = [], []
    for show in (True, False):
        model = network(3, nn.BatchNorm1d(30), nn.Dropout(0.3))
        torch.manual_seed(5)
        fitted(3, model, seed=None, show_progress=show)
        weights.append(
            torch.cat([value.double().flatten() for value in model.state_dict().values()])
        )
        drawn.append(torch.rand(3))
    assert torch.equal(*weights) and torch.equal(*drawn)


# ---- curves ----


@pytest.mark.parametrize("seed", SEEDS)
def test_noise_alone_is_no_symptom(seed: int) -> None:
    rng = np.random.default_rng(seed)
    falling = 0.3 + 2 * np.exp(-np.arange(300) / rng.uniform(20, 150))
    for losses in (falling * rng.normal(1, 0.2, 300), rng.normal(2.3, 0.05, 300), falling):
        assert of_losses(losses) == ""
    epochs = np.arange(12)
    train, validation = 2 * 0.8**epochs, 0.6 + 1.5 * 0.75**epochs
    assert by_heart(train, validation * rng.normal(1, 0.02, 12)) == ""
    assert same_label_in_a_row(rng.integers(0, 10, 500)) == ""


def test_a_curve_says_where_it_stops_to_be_a_number() -> None:
    assert "from value 3 on" in rising([2.0, 9.0, math.inf, math.nan])
    assert of_losses([math.nan]) != ""
    assert of_losses([]) == of_losses([1.0]) == ""
    assert in_a_line(np.linspace(2.3, 2.2, 100))
    assert in_a_line(np.linspace(2.3, 2.2, 50)) == in_a_line(np.linspace(2.3, 0.1, 100)) == ""


def note(figure: Any) -> str:
    return " ".join(figure.get_supxlabel().split())


def test_a_figure_of_losses_carries_the_sentence_and_so_does_its_description() -> None:
    losses = trained(rate=8.0).loss_history
    figure = plots.curves({"mine": losses}, "step", "loss")
    assert note(figure) == f"Noticed: {rising(losses)}"
    assert figure._repr_mimebundle_()[0]["text/plain"].endswith(note(figure))  # type: ignore[attr-defined]
    two = plots.curves({"small": [1.0] * 9, "large": losses}, "step", "loss")
    assert note(two).startswith("Noticed: large: The loss grows")


def test_a_figure_of_something_else_carries_none() -> None:
    rises = [0.1, 0.2, 0.5, 0.7, 0.9, 0.95]
    assert note(plots.curves({"train": rises}, "epoch", "accuracy")) == ""
    assert note(plots.curves({"train": rises[::-1], "val": rises}, "epoch", "loss")) == ""
    line = np.linspace(2.3, 2.2, 100).tolist()
    assert note(plots.curves({"a": line, "b": line}, "step", "loss")) == ""


def test_no_sentence_names_the_cause_that_a_course_asks_for() -> None:
    """Courses ask to read a curve; too small a step, overfitting or no shuffling is the answer."""
    told = [
        in_a_line(np.linspace(2.3, 2.2, 100)),
        by_heart([1.0, 0.5, 0.4, 0.3, 0.2, 0.1], [1.0, 0.5, 0.6, 0.7, 0.8, 0.9]),
        same_label_in_a_row(np.repeat([0, 1], 20)),
    ]
    assert all(told)
    for answer in ("learning rate", "small", "overfit", "regulari", "shuffl", "forget"):
        assert not [text for text in told if answer in text.lower()]
