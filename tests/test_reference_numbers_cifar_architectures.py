"""The reference of cifar_architectures: sizes by arithmetic, thresholds from five seeds, accuracy
and cost of what it hands in.
"""

from __future__ import annotations

import math
import statistics
from pathlib import Path
from typing import Any

import needs
import numpy as np
import pytest

needs.module("torch")

import torch
from course_solutions import COURSE, solutions

from hwlib.grading.authoring.reading import load_notebook
from hwlib.models import describe, load_model
from hwlib.training import evaluate

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "assignments" / "cifar_architectures"
SEEDS = {  # test accuracies of `artifacts/make.py seeds`, on 10,000 images
    "logistic": (0.4050, 0.4049, 0.4062, 0.4023, 0.4029),
    "one_hidden": (0.4605, 0.4636, 0.4563, 0.4641, 0.4602),
    "conv_maxpool": (0.6128, 0.5836, 0.6049, 0.5884, 0.5904),
}
# at most, for one image
MULTIPLICATIONS = {
    "logistic": 30_720,
    "one_hidden": 308_200,
    "conv_maxpool": 3_000_000,
    "extra": 18_000_000,
}


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    """The names of the reference's solution cells, and its thresholds."""
    names = solutions("cifar_architectures", np=np, torch=torch, nn=torch.nn, F=torch.nn.functional)
    for cell in load_notebook(COURSE.assignment("cifar_architectures")).cells:
        if cell.role == "setup" and "THRESHOLDS = " in cell.source:
            exec(
                next(line for line in cell.source.splitlines() if line.startswith("THRESHOLDS = ")),
                names,
            )
    return names


def parameters(network: Any) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_sizes_of_the_three_networks_follow_from_arithmetic(reference: dict[str, Any]) -> None:
    assert parameters(reference["LogisticRegression"]()) == 3072 * 10 + 10 == 30_730
    assert parameters(reference["OneHiddenLayer"](100)) == 3073 * 100 + 101 * 10 == 308_310
    assert (
        parameters(reference["ConvMaxPool"](24, 5, 4))
        == 24 * 76 + 10 * (24 * 49 + 1)
        == reference["num_parameters"](24, 5, 4)
        == 13_594
    )


@pytest.mark.parametrize(
    ("p", "N", "inputs", "without_floor"),
    [(3, 14, 400, 459), (5, 14, 400, 400), (6, 5, 2500, 2916)],
)
def test_the_published_formula_without_the_floor_is_wrong_unless_the_windows_fit(
    reference: dict[str, Any],
    p: int,
    N: int,
    inputs: int,
    without_floor: int,
) -> None:
    assert 100 * reference["pooled_size"](p, N) ** 2 == inputs
    assert int(100 * ((33 - p) / N) ** 2) == without_floor
    maps = torch.nn.functional.max_pool2d(torch.nn.Conv2d(3, 100, p)(torch.zeros(1, 3, 32, 32)), N)
    assert maps.flatten(1).shape == (1, inputs)


@pytest.mark.parametrize("name", list(SEEDS))
def test_each_threshold_is_the_mean_of_five_seeds_minus_three_deviations_rounded_down(
    reference: dict[str, Any], name: str
) -> None:
    assert len(SEEDS[name]) == 5
    lowest = statistics.mean(SEEDS[name]) - 3 * statistics.stdev(SEEDS[name])
    assert reference["THRESHOLDS"][name] == math.floor(100 * lowest) / 100


@pytest.mark.parametrize("name", list(MULTIPLICATIONS))
def test_the_networks_handed_in_are_cheap_to_evaluate(name: str) -> None:
    path = FOLDER / "artifacts" / f"{name}.safetensors"
    assert sum(row.multiplications for row in describe(path).rows()) <= MULTIPLICATIONS[name]
    assert path.stat().st_size < 1_100_000  # float16


@pytest.mark.full_data
@pytest.mark.parametrize("name", list(MULTIPLICATIONS))
def test_the_networks_handed_in_reach_their_thresholds_on_the_test_images(
    full_cifar10: tuple[Any, ...],
    reference: dict[str, Any],
    name: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, _, images, labels = full_cifar10
    pixels = (
        torch.from_numpy(np.array(images, dtype=np.float32) / 255).permute(0, 3, 1, 2).contiguous()
    )
    accuracy = evaluate(
        load_model(FOLDER / "artifacts" / f"{name}.safetensors"),
        (pixels, torch.tensor(labels.tolist())),
    )[1]
    with capsys.disabled():
        print(f"\n{name}: test accuracy {accuracy:.4f}")  # noqa: T201  shown in CI's log
    assert accuracy >= {**reference["THRESHOLDS"], "extra": 0.87}[name]
