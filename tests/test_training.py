"""The NumPy training loop: against updates computed by hand, and what it does with mistakes in
students' functions.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hwlib.layers import softmax_loss
from hwlib.training import ClassifierTrainer, TrainingHistory, sgd_update

Array = NDArray[Any]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20_260)


def linear(X: Array, model: dict[str, Array], y: Array | None = None, reg: float = 0.0) -> Any:
    """A linear softmax classifier."""
    scores = X @ model["W"] + model["b"]
    if y is None:
        return scores
    loss, dscores = softmax_loss(scores, y)
    return loss + 0.5 * reg * np.sum(model["W"] ** 2), {
        "W": X.T @ dscores + reg * model["W"],
        "b": dscores.sum(axis=0),
    }


def momentum_update(
    w: Array, dw: Array, velocity: Any, learning_rate: float, momentum: float = 0.9
) -> tuple[Array, Any]:
    velocity = momentum * velocity - learning_rate * dw
    return w + velocity, velocity


def blobs(rng: np.random.Generator, size: int = 120) -> tuple[Array, Array, dict[str, Array]]:
    """Three groups of points that a line can separate almost, and a model to start from."""
    y = rng.integers(0, 3, size=size)
    X = np.array([[0.0, 3.0], [3.0, 0.0], [-3.0, -3.0]])[y] + rng.normal(size=(size, 2))
    return X, y, {"W": 0.01 * rng.normal(size=(2, 3)), "b": np.zeros(3)}


def quiet(
    trainer: ClassifierTrainer, model: dict[str, Array], *data: Any, **options: Any
) -> TrainingHistory:
    return trainer.train(model, *data, show_progress=False, **options)


def test_full_batches_follow_the_update_rule_exactly(rng: np.random.Generator) -> None:
    X, y, model = blobs(rng)
    trainer = ClassifierTrainer(
        linear,
        momentum_update,
        learning_rate=0.1,
        reg=0.01,
        learning_rate_decay=0.5,
        batch_size=None,
        momentum=0.8,
    )
    result = quiet(trainer, model, X, y, num_epochs=4, rng=rng)
    by_hand, velocity, losses = dict(model), {"W": 0.0, "b": 0.0}, []
    for epoch in range(4):
        loss, grads = linear(X, by_hand, y, 0.01)
        losses.append(loss)
        for name in by_hand:
            velocity[name] = 0.8 * velocity[name] - 0.1 * 0.5**epoch * grads[name]
            by_hand[name] = by_hand[name] + velocity[name]
    # the order of the sums differs by the shuffle only
    np.testing.assert_allclose(result.loss_history, losses, rtol=1e-12)
    for name, value in by_hand.items():
        np.testing.assert_allclose(result.model[name], value, rtol=1e-12)


def test_each_epoch_uses_every_example_once_and_the_last_batch_may_be_smaller(
    rng: np.random.Generator,
) -> None:
    seen = []

    def remembering(
        X: Array, model: dict[str, Array], y: Array | None = None, reg: float = 0.0
    ) -> Any:
        if y is not None:
            seen.append(X[:, 0].astype(int).tolist())
        return linear(X, model, y, reg)

    X = np.stack([np.arange(25.0), np.zeros(25)], axis=1)
    trainer = ClassifierTrainer(remembering, sgd_update, learning_rate=1e-6, batch_size=10)
    result = quiet(
        trainer,
        {"W": np.zeros((2, 3)), "b": np.zeros(3)},
        X,
        np.zeros(25, dtype=int),
        num_epochs=2,
        rng=rng,
    )
    assert [len(batch) for batch in seen] == [10, 10, 5, 10, 10, 5]
    first, second = [*seen[0], *seen[1], *seen[2]], [*seen[3], *seen[4], *seen[5]]
    assert sorted(first) == sorted(second) == list(range(25))
    assert first != second
    assert result.steps_per_epoch == 3


def test_the_model_that_was_given_stays_and_the_one_returned_is_nobody_elses(
    rng: np.random.Generator,
) -> None:
    X, y, model = blobs(rng)
    before = {name: value.copy() for name, value in model.items()}

    def in_place(w: Array, dw: Array, state: Any, learning_rate: float) -> tuple[Array, Any]:
        w -= learning_rate * dw
        return w, state

    trainer = ClassifierTrainer(linear, in_place, learning_rate=0.1, batch_size=10)
    result = quiet(trainer, model, X[:80], y[:80], X[80:], y[80:], num_epochs=3, rng=rng)
    for name in model:
        assert (model[name] == before[name]).all()
        assert not np.shares_memory(result.model[name], model[name])


def test_the_best_model_is_kept_as_it_was_not_as_it_became(rng: np.random.Generator) -> None:
    X, y, model = blobs(rng)

    def well_then_badly(w: Array, dw: Array, state: Any, learning_rate: float) -> tuple[Array, Any]:
        # in place: a kept reference would be spoiled
        w -= (learning_rate if state.flat[0] < 12 else -50 * learning_rate) * dw
        return w, state + 1

    trainer = ClassifierTrainer(linear, well_then_badly, learning_rate=0.3, batch_size=20)
    result = quiet(trainer, model, X[:80], y[:80], X[80:], y[80:], num_epochs=8, rng=rng)
    assert result.best_val_accuracy == max(result.val_accuracy)
    assert result.val_accuracy[-1] < result.best_val_accuracy
    assert trainer.accuracy(result.model, X[80:], y[80:]) == result.best_val_accuracy
    assert result.best_step == result.accuracy_steps[int(np.argmax(result.val_accuracy))]


def test_without_validation_data_the_last_model_is_returned(rng: np.random.Generator) -> None:
    X, y, model = blobs(rng)
    trainer = ClassifierTrainer(linear, sgd_update, learning_rate=0.1, batch_size=None)
    result = quiet(trainer, model, X, y, num_epochs=1, rng=rng)
    grads = linear(X, model, y)[1]
    np.testing.assert_allclose(result.model["W"], model["W"] - 0.1 * grads["W"], rtol=1e-12)
    assert result.val_accuracy == []
    assert np.isnan(result.best_val_accuracy)


def test_accuracies_are_measured_before_the_start_and_after_each_epoch_or_as_often_as_asked(
    rng: np.random.Generator,
) -> None:
    X, y, model = blobs(rng)
    trainer = ClassifierTrainer(linear, sgd_update, learning_rate=0.1, batch_size=30)
    result = quiet(trainer, model, X[:90], y[:90], X[90:], y[90:], num_epochs=3, rng=rng)
    assert result.accuracy_steps == [0, 3, 6, 9]
    assert len(result.train_accuracy) == len(result.val_accuracy) == 4
    result = quiet(
        trainer, model, X[:90], y[:90], X[90:], y[90:], num_epochs=3, rng=rng, accuracy_every=4
    )
    assert result.accuracy_steps == [0, 4, 8, 9]


def test_accuracy_counts_every_example_when_they_come_in_parts(rng: np.random.Generator) -> None:
    X, y = rng.normal(size=(1203, 2)), rng.integers(0, 3, size=1203)
    model = {"W": rng.normal(size=(2, 3)), "b": np.zeros(3)}
    right = np.mean(np.argmax(X @ model["W"], axis=1) == y)
    assert ClassifierTrainer(linear, learning_rate=0.1).accuracy(model, X, y) == pytest.approx(
        right, abs=1e-12
    )


def test_the_same_generator_gives_the_same_training(rng: np.random.Generator) -> None:
    X, y, model = blobs(rng)
    trainer = ClassifierTrainer(linear, momentum_update, learning_rate=0.1, batch_size=7)
    runs = [
        quiet(trainer, model, X, y, num_epochs=2, rng=np.random.default_rng(3)) for _ in range(2)
    ]
    assert runs[0].loss_history == runs[1].loss_history


def test_training_again_starts_again_with_fresh_states_and_rates(rng: np.random.Generator) -> None:
    X, y, model = blobs(rng)
    trainer = ClassifierTrainer(
        linear, momentum_update, learning_rate=0.1, learning_rate_decay=0.1, batch_size=20
    )
    runs = [
        quiet(trainer, model, X, y, num_epochs=3, rng=np.random.default_rng(3)) for _ in range(2)
    ]
    assert runs[0].loss_history == runs[1].loss_history


def test_a_loss_that_is_no_longer_finite_stops_training_with_a_warning_and_keeps_the_best(
    rng: np.random.Generator,
) -> None:
    X, y, model = blobs(rng)
    calls = 0

    def breaking(
        X: Array, model: dict[str, Array], y: Array | None = None, reg: float = 0.0
    ) -> Any:
        nonlocal calls
        if y is None:
            return linear(X, model)
        calls += 1
        loss, grads = linear(X, model, y, reg)
        return (np.nan if calls > 12 else loss), grads

    trainer = ClassifierTrainer(breaking, sgd_update, learning_rate=0.1, batch_size=20)
    with pytest.warns(UserWarning, match="nan at step 12 .* smaller learning rate"):
        result = quiet(trainer, model, X[:80], y[:80], X[80:], y[80:], num_epochs=9, rng=rng)
    assert result.diverged
    assert "diverged" in repr(result)
    assert len(result.loss_history) == 13
    assert result.best_val_accuracy > 0.8
    assert np.isfinite(result.model["W"]).all()


def test_read_only_data_is_enough(rng: np.random.Generator) -> None:
    X, y, model = blobs(rng)
    X.flags.writeable = y.flags.writeable = False
    quiet(ClassifierTrainer(linear, learning_rate=0.1), model, X, y, num_epochs=1, rng=rng)


def test_a_bar_is_shown_unless_grading_or_told_not_to(
    rng: np.random.Generator, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y, model = blobs(rng)
    monkeypatch.setenv("HWLIB_GRADING", "1")
    ClassifierTrainer(linear, learning_rate=0.1).train(model, X, y, num_epochs=1, rng=rng)
    assert capfd.readouterr() == ("", "")


def _linear_with(change: Callable[..., Any]) -> Callable[..., Any]:
    def changed(X: Array, model: dict[str, Array], y: Array | None = None, reg: float = 0.0) -> Any:
        result = linear(X, model, y, reg)
        return result if y is None else change(*result)

    return changed


@pytest.mark.parametrize(
    ("loss", "kind", "message"),
    [
        (_linear_with(lambda loss, grads: loss), TypeError, r"\(loss, grads\)"),
        (
            _linear_with(lambda loss, grads: (loss, {"W": grads["W"]})),
            ValueError,
            "no gradient for 'b'",
        ),
        (
            _linear_with(lambda loss, grads: (loss, {**grads, "b": grads["b"][:, None]})),
            ValueError,
            r"grads\['b'\] has shape \(3, 1\)",
        ),
        (lambda X, model, y=None, reg=0.0: (0.0, {}), ValueError, "without y"),
    ],
)
def test_what_a_loss_function_returns_wrongly_is_named(
    rng: np.random.Generator, loss: Callable[..., Any], kind: type[Exception], message: str
) -> None:
    X, y, model = blobs(rng)
    with pytest.raises(kind, match=message):
        quiet(ClassifierTrainer(loss, learning_rate=0.1), model, X, y, rng=rng)


@pytest.mark.parametrize(
    ("update", "kind", "message"),
    [
        (lambda w, dw, state, learning_rate: w, TypeError, r"\(w, state\), found ndarray for 'W'"),
        (lambda w, dw, state, learning_rate: (w.sum(), state), ValueError, "shape"),
    ],
)
def test_what_an_update_rule_returns_wrongly_is_named(
    rng: np.random.Generator, update: Callable[..., Any], kind: type[Exception], message: str
) -> None:
    X, y, model = blobs(rng)
    with pytest.raises(kind, match=message):
        quiet(ClassifierTrainer(linear, update, learning_rate=0.1), model, X, y, rng=rng)


def test_data_that_does_not_fit_is_refused(rng: np.random.Generator) -> None:
    X, y, model = blobs(rng)
    trainer = ClassifierTrainer(linear, learning_rate=0.1)
    with pytest.raises(ValueError, match="as many labels"):
        quiet(trainer, model, X, y[:-1])
    with pytest.raises(ValueError, match="pass both or neither"):
        quiet(trainer, model, X, y, X)
    with pytest.raises(ValueError, match="validation examples"):
        quiet(trainer, model, X, y, X[:0], y[:0])
    with pytest.raises(ValueError, match="batch_size"):
        ClassifierTrainer(linear, learning_rate=0.1, batch_size=0)


def test_no_warning_comes_from_ordinary_training(rng: np.random.Generator) -> None:
    X, y, model = blobs(rng)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = quiet(
            ClassifierTrainer(linear, learning_rate=0.5),
            model,
            X[:80],
            y[:80],
            X[80:],
            y[80:],
            rng=rng,
        )
    assert result.best_val_accuracy > 0.9
