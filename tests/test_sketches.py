"""Weights that are another's with a little noise, another scale or other places are found; networks
that were trained on their own are not.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from hwlib.grading.submissions.fingerprints import models_of, name_twins
from hwlib.grading.submissions.sketches import LIMIT, near_pairs, sketch
from hwlib.models import save_model

Weights = dict[str, np.ndarray]


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def weights(seed: int = 0, features: int = 300, hidden: int = 40, classes: int = 10) -> Weights:
    rng = np.random.default_rng(seed)
    return {
        "W1": rng.normal(size=(hidden, features)),
        "b1": rng.normal(size=hidden),
        "W2": rng.normal(size=(classes, hidden)),
        "b2": rng.normal(size=classes),
    }


def sketch_of(model: object, **how: Any) -> str:
    save_model(model, "net", **how)
    return sketch(Path("net.safetensors"))


def are_near(one: str, other: str) -> bool:
    return bool(near_pairs({"one": one, "other": other}))


def with_noise(model: Weights) -> Weights:
    rng = np.random.default_rng(9)
    return {name: w + 1e-6 * rng.normal(size=w.shape) for name, w in model.items()}


def permuted(model: Weights) -> Weights:
    order = np.random.default_rng(9).permutation(len(model["b1"]))
    return {
        **model,
        "W1": model["W1"][order],
        "b1": model["b1"][order],
        "W2": model["W2"][:, order],
    }


def rescaled(model: Weights) -> Weights:
    """The same outputs of a net with ReLU."""
    return {**model, "W1": 4 * model["W1"], "b1": 4 * model["b1"], "W2": model["W2"] / 4}


DRESSES: dict[str, Callable[[Weights], Weights]] = {
    "times 1.0000001": lambda model: {name: 1.0000001 * w for name, w in model.items()},
    "noise": with_noise,
    "neurons permuted": permuted,
    "layers rescaled": rescaled,
    "all of it": lambda model: with_noise(rescaled(permuted(model))),
    "half precision": lambda model: {name: w.astype(np.float16) for name, w in model.items()},
    "another bias": lambda model: {**model, "b2": model["b2"] + 1},
    "other names": lambda model: {f"x{place}": w for place, w in enumerate(model.values())},
}


@pytest.mark.parametrize(
    ("how", "size"),
    [(how, size) for how in DRESSES for size in [(300, 40, 10), (784, 100, 10), (30, 5, 3)]],
)
def test_another_students_weights_are_found_however_they_are_dressed(
    how: str, size: tuple[int, int, int]
) -> None:
    model = weights(0, *size)
    assert are_near(sketch_of(model), sketch_of(DRESSES[how](model)))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seeds=st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)).filter(
        lambda two: len(set(two)) > 1
    ),
    features=st.sampled_from([6, 50, 800]),
)
def test_weights_drawn_with_another_seed_are_never_near(
    seeds: tuple[int, int], features: int
) -> None:
    one, other = (sketch_of(weights(seed, features)) for seed in seeds)
    assert not are_near(one, other)


def test_larger_changes_are_not_near() -> None:
    model, rng = weights(), np.random.default_rng(1)
    changed = {name: w + 0.03 * rng.normal(size=w.shape) for name, w in model.items()}
    assert not are_near(sketch_of(model), sketch_of(changed))
    assert not are_near(sketch_of(model), sketch_of(weights(hidden=41)))


def blobs(count: int = 400) -> tuple[torch.Tensor, torch.Tensor]:
    """Points of ten classes, each around its own centre."""
    generator = torch.Generator().manual_seed(0)
    centres = torch.rand(10, 30, generator=generator)
    labels = torch.randint(0, 10, (count,), generator=generator)
    return centres[labels] + 0.3 * torch.randn(count, 30, generator=generator), labels


def trained(
    *, seed: int = 0, rate: float = 0.01, epochs: int = 3, order: int = 0, start: object = None
) -> nn.Sequential:
    """A network as a student trains it, from these initial weights or those of `start`."""
    torch.manual_seed(seed)
    points, labels = blobs()
    model = nn.Sequential(nn.Linear(30, 40), nn.BatchNorm1d(40), nn.ReLU(), nn.Linear(40, 10))
    if isinstance(start, nn.Module):
        model.load_state_dict(start.state_dict())
    optimizer = torch.optim.Adam(model.parameters(), rate)
    generator = torch.Generator().manual_seed(order)
    for _ in range(epochs):
        for batch in torch.randperm(len(labels), generator=generator).split(32):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(points[batch]), labels[batch]).backward()
            optimizer.step()
    return model.eval()


def test_networks_of_one_seed_that_were_trained_in_different_ways_are_not_near() -> None:
    reference = trained()
    honest = {
        "reference": reference,
        "another order": trained(order=1),
        "a rate of 1 % more": trained(rate=0.0101),
        "one epoch more": trained(epochs=4),
        "another seed": trained(seed=1),
        "goes on from the reference": trained(start=reference, order=2, epochs=1),
        "goes on in small steps": trained(start=reference, order=2, epochs=1, rate=0.001),
        "untrained": trained(epochs=0),
    }
    assert near_pairs({who: sketch_of(model) for who, model in honest.items()}) == []


def test_the_same_training_again_is_near_and_so_is_a_copy_with_noise() -> None:
    copy = trained()
    with torch.no_grad():
        for parameter in copy.parameters():
            parameter += 1e-6 * torch.randn_like(parameter)
    found = near_pairs({"ada": sketch_of(trained()), "bob": sketch_of(copy)})
    assert [(one.one, one.other, one.difference < LIMIT / 5) for one in found] == [
        ("ada", "bob", True)
    ]


def test_constant_arrays_are_no_evidence() -> None:
    ones = {"scale": np.ones(1000), "shift": np.zeros(1000)}
    one, other = ({**ones, **weights(seed, 20, 10, 5)} for seed in (0, 1))
    assert not are_near(sketch_of(one), sketch_of(other))
    assert not are_near(sketch_of(ones), sketch_of({**ones, "scale": 2 * np.ones(1000)}))
    assert are_near(sketch_of(one), sketch_of(with_noise(one) | ones))


BESIDES: dict[str, Weights] = {
    "a layer that does nothing": {"scale": np.ones(3), "shift": np.zeros(3)},
    "an identity matrix": {"W0": np.eye(30)},
    "random numbers that nothing uses": {"unused": weights(5)["W2"]},
    "very many arrays": {f"scale{place}": np.arange(2.0) for place in range(250)},
}


@pytest.mark.parametrize("more", BESIDES)
def test_arrays_that_are_added_do_not_hide_whose_the_others_are(more: str) -> None:
    models = {f"s{seed}": weights(seed, 60, 30) for seed in range(6)}
    models |= {f"other{seed}": BESIDES[more] | weights(20 + seed, 60, 30) for seed in range(3)}
    models["thief"] = BESIDES[more] | with_noise(permuted(weights(3, 60, 30)))
    found = near_pairs({who: sketch_of(model) for who, model in models.items()})
    assert [(one.one, one.other, one.difference < LIMIT / 5) for one in found] == [
        ("s3", "thief", True)
    ]


@pytest.mark.parametrize("text", ["", "3", "3:", "x:00000", "3 4:00000", ":", "-1:00000"])
def test_a_sketch_that_is_none_is_left_out(text: str) -> None:
    good = sketch_of(weights())
    found = near_pairs({"one": good, "none": text, "other": good})
    assert [(one.one, one.other) for one in found] == [("one", "other")]


def test_extreme_numbers_are_no_trouble() -> None:
    huge = {"W": np.array([[3e38, -3e38], [1e38, 2e-38]]), "b": np.array([1e-300, -1e-300, 0])}
    assert are_near(sketch_of(huge), sketch_of(huge))


def test_the_one_copy_in_a_class_of_300_is_found_and_the_line_says_what_was_measured(
    tmp_path: Path,
) -> None:
    folders = {}
    for seed in range(300):
        model = weights(seed, 20, 10, 5)
        if seed == 7:
            model = DRESSES["times 1.0000001"](permuted(weights(3, 20, 10, 5)))
        save_model(model, "best_net")
        folders[f"s{seed}"] = models_of(tmp_path, ["best_net", "not_there"])
    save_model(with_noise(weights(5, 20, 10, 5)), "best_net")
    lines = name_twins(folders, models_of(tmp_path, ["best_net"]))
    assert {who for who, said in lines.items() if said} == {"s3", "s7", "s5"}
    (line,) = lines["s7"]
    assert line.startswith("weights in best_net.safetensors: almost those of s3 (layer by layer, ")
    assert line.endswith("%)") and "differ by at most" in line
    assert "almost those of the course's own solution" in lines["s5"][0]


def test_equal_weights_are_called_shared_and_only_that(tmp_path: Path) -> None:
    save_model(weights(), "net")
    same = models_of(tmp_path, ["net"])
    save_model({name: w.astype(np.float16) for name, w in weights().items()}, "net")
    half = models_of(tmp_path, ["net"])
    lines = name_twins({"ada": same, "bob": half, "eve": same}, {})
    assert lines["ada"] == ["weights in net.safetensors: shared with bob, eve"]
