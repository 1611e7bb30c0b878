"""The reference solution of cnn_layers reproduces the published numbers, and the known mistakes
their fingerprints.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from course_solutions import solutions

from hwlib.layers import (
    conv_backward_fast,
    conv_forward_fast,
    max_pool_backward_fast,
    max_pool_forward_fast,
    sandwich,
    softmax_loss,
)

ROOT = Path(__file__).resolve().parents[1]
CONV = [
    [
        [[-0.08759809, -0.10987781], [-0.18387192, -0.2109216]],
        [[0.21027089, 0.21661097], [0.22847626, 0.23004637]],
        [[0.50813986, 0.54309974], [0.64082444, 0.67101435]],
    ],
    [
        [[-0.98053589, -1.03143541], [-1.19128892, -1.24695841]],
        [[0.69108355, 0.66880383], [0.59480972, 0.56776003]],
        [[2.36270298, 2.36904306], [2.38090835, 2.38247847]],
    ],
]
PARAM = {"stride": 2, "pad": 1}


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    """The names that the reference's solution cells define."""
    names = solutions("cnn_layers", np=np, softmax_loss=softmax_loss)
    relu = names["relu_forward"], names["relu_backward"]
    layers = sandwich(
        (conv_forward_fast, conv_backward_fast),
        relu,
        (max_pool_forward_fast, max_pool_backward_fast),
    )
    names["conv_relu_pool_forward"], names["conv_relu_pool_backward"] = layers
    return names


@pytest.fixture
def linspace() -> tuple[Any, Any, Any]:
    """The inputs that the published numbers belong to."""
    x, w = (
        np.linspace(-0.1, 0.5, 96).reshape(2, 3, 4, 4),
        np.linspace(-0.2, 0.3, 144).reshape(3, 3, 4, 4),
    )
    return x, w, np.linspace(-0.1, 0.2, 3)


def test_the_affine_layer_gives_the_published_numbers(reference: dict[str, Any]) -> None:
    x, w = (
        np.linspace(-0.1, 0.5, 240).reshape(2, 4, 5, 6),
        np.linspace(-0.2, 0.3, 360).reshape(120, 3),
    )
    out, _ = reference["affine_forward"](x, w, np.linspace(-0.3, 0.1, 3))
    assert out == pytest.approx(
        np.array([[1.49834967, 1.70660132, 1.91485297], [3.25553199, 3.5141327, 3.77273342]]),
        abs=5e-9,
    )


def test_the_loops_and_the_fast_layer_give_the_published_numbers(
    reference: dict[str, Any], linspace: tuple[Any, Any, Any]
) -> None:
    for forward in (reference["conv_forward_naive"], conv_forward_fast):
        # printed to 8 digits
        assert forward(*linspace, PARAM)[0] == pytest.approx(np.array(CONV), abs=5e-9)


def test_the_fingerprints_of_known_mistakes_are_the_published_ones(
    reference: dict[str, Any], linspace: tuple[Any, Any, Any]
) -> None:
    (x, w, b), forward = linspace, reference["conv_forward_naive"]
    flipped = forward(x, w[:, :, ::-1, ::-1], b, PARAM)[0]
    without_bias = forward(x, w, 0 * b, PARAM)[0]
    with_edges = forward(
        np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge"), w, b, {"stride": 2, "pad": 0}
    )[0]
    first = [out[0, 0, 0, 0] for out in (flipped, without_bias, with_edges)]
    assert first == pytest.approx([-0.116516, 0.012402, -0.043237], abs=5e-7)


def test_a_new_net_begins_at_log_10_and_regularisation_adds_its_share(
    reference: dict[str, Any],
) -> None:
    rng = np.random.default_rng(0)
    model = {
        "W1": 1e-3 * rng.normal(size=(32, 3, 5, 5)),
        "b1": np.zeros(32),
        "W2": 1e-3 * rng.normal(size=(8192, 10)),
        "b2": np.zeros(10),
    }
    X, y = rng.normal(size=(20, 3, 32, 32)), rng.integers(0, 10, size=20)
    loss = reference["two_layer_convnet"](X, model, y)[0]
    assert loss == pytest.approx(np.log(10), abs=0.005)
    # half of the expected sum of squares: 1e-6 for each of 2,400 + 81,920 weights; published
    # 2.344793 − 2.302679 = 0.042114
    assert reference["two_layer_convnet"](X, model, y, 1.0)[0] - loss == pytest.approx(
        0.042114, rel=0.02
    )


def test_the_arithmetic_agrees_with_a_count_and_with_the_layers(reference: dict[str, Any]) -> None:
    answers = reference["conv_answers"]
    w, b = np.zeros((8, 3, 5, 5)), np.zeros(8)
    assert answers["parameters"] == w.size + b.size == 608
    out, _ = conv_forward_fast(np.zeros((1, 3, 32, 32)), w, b, {"stride": 1, "pad": 0})
    assert answers["output_shape"] == (out.shape[2], out.shape[3], out.shape[1]) == (28, 28, 8)
    corners = np.zeros((4, 4, 4))
    corners[0, :3, :3] = corners[1, :3, 1:] = corners[2, 1:, 1:] = corners[3, 1:, :3] = 1
    pool = {"pool_height": 2, "pool_width": 2, "stride": 2}
    assert np.array_equal(
        answers["max_pooled"], max_pool_forward_fast(corners[:, None], pool)[0][:, 0]
    )
    assert np.array_equal(
        answers["average_pooled"], corners.reshape(4, 2, 2, 2, 2).mean(axis=(2, 4))
    )


def test_the_loops_and_the_fast_layers_have_the_same_gradients(
    reference: dict[str, Any], linspace: tuple[Any, Any, Any]
) -> None:
    dout = np.linspace(-1, 1, 24).reshape(2, 3, 2, 2)
    slow = reference["conv_backward_naive"](
        dout, reference["conv_forward_naive"](*linspace, PARAM)[1]
    )
    fast = conv_backward_fast(dout, conv_forward_fast(*linspace, PARAM)[1])
    for found, right in zip(fast, slow, strict=True):
        assert found == pytest.approx(right, abs=1e-12)
    pool, x, dpool = (
        {"pool_height": 3, "pool_width": 2, "stride": 1},
        np.sin(np.arange(48.0)).reshape(1, 3, 4, 4),
        np.ones((1, 3, 2, 3)),
    )
    slow = reference["max_pool_backward_naive"](
        dpool, reference["max_pool_forward_naive"](x, pool)[1]
    )
    assert max_pool_backward_fast(dpool, max_pool_forward_fast(x, pool)[1]) == pytest.approx(
        slow, abs=1e-15
    )
