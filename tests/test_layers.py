"""The given layers: convolution against SciPy and torch, pooling and losses against their
definitions and torch, sandwiches by hand.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import needs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import correlate2d
from scipy.special import log_softmax

from hwlib.gradcheck import eval_numerical_gradient, eval_numerical_gradient_array, rel_error
from hwlib.layers import (
    conv_backward_fast,
    conv_forward_fast,
    max_pool_backward_fast,
    max_pool_forward_fast,
    sandwich,
    softmax_loss,
    svm_loss,
    threads,
)
from hwlib.layers import convolution as convolution_module
from hwlib.layers import pooling as pooling_module

Array = NDArray[Any]
Loss = Callable[[Array, Array], tuple[float, Array]]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20_260)


def convolved(x: Array, w: Array, b: Array, stride: int, pad: int) -> Array:
    """The layer from SciPy's two-dimensional correlation."""
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    maps = [
        [
            sum(correlate2d(c, k, mode="valid") for c, k in zip(image, kernel, strict=True))
            for kernel in w
        ]
        for image in padded
    ]
    return np.array(maps)[:, :, ::stride, ::stride] + b[:, None, None]


SIZES = st.fixed_dictionaries(
    {
        "n": st.integers(1, 3),
        "c": st.integers(1, 3),
        "f": st.integers(1, 3),
        "height": st.integers(1, 8),
        "width": st.integers(1, 8),
        "hh": st.integers(1, 4),
        "ww": st.integers(1, 4),
        "stride": st.integers(1, 3),
        "pad": st.integers(0, 2),
        "seed": st.integers(0, 2**31),
    }
)


@settings(deadline=None)
@given(size=SIZES)
def test_convolution_is_scipys_for_every_size_stride_and_pad(size: dict[str, int]) -> None:
    rng, pad = np.random.default_rng(size["seed"]), size["pad"]
    height, width = (
        max(size["height"], size["hh"] - 2 * pad),
        max(size["width"], size["ww"] - 2 * pad),
    )
    x, w = (
        rng.normal(size=(size["n"], size["c"], height, width)),
        rng.normal(size=(size["f"], size["c"], size["hh"], size["ww"])),
    )
    b = rng.normal(size=size["f"])
    out, _ = conv_forward_fast(x, w, b, {"stride": size["stride"], "pad": pad})
    # sums of at most 48 terms
    np.testing.assert_allclose(out, convolved(x, w, b, size["stride"], pad), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("stride", "pad", "kernel"),
    [(1, 1, (3, 3)), (2, 0, (3, 2)), (2, 1, (2, 3)), (3, 2, (1, 4)), (3, 0, (2, 2))],
)
def test_gradients_of_the_convolution_agree_with_numerical_ones(
    rng: np.random.Generator, stride: int, pad: int, kernel: tuple[int, int]
) -> None:
    x, w, b = rng.normal(size=(2, 3, 5, 6)), rng.normal(size=(4, 3, *kernel)), rng.normal(size=4)
    param = {"stride": stride, "pad": pad}
    out, cache = conv_forward_fast(x, w, b, param)
    dout = np.asarray(rng.normal(size=out.shape))
    numeric = (
        eval_numerical_gradient_array(lambda x: conv_forward_fast(x, w, b, param)[0], x, dout),
        eval_numerical_gradient_array(lambda w: conv_forward_fast(x, w, b, param)[0], w, dout),
        eval_numerical_gradient_array(lambda b: conv_forward_fast(x, w, b, param)[0], b, dout),
    )
    for found, right in zip(conv_backward_fast(dout, cache), numeric, strict=True):
        assert found.shape == right.shape
        assert rel_error(found, right) < 1e-8


@pytest.mark.parametrize("block", [1, 200, 700, 2**30])
def test_how_the_work_is_cut_up_changes_nothing(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    x, w, b = rng.normal(size=(7, 2, 6, 5)), rng.normal(size=(3, 2, 3, 3)), rng.normal(size=3)
    dout = rng.normal(size=(7, 3, 3, 3))
    pooled, dpool = rng.normal(size=(7, 2, 6, 5)), rng.normal(size=(7, 2, 3, 2))
    param, pool = {"stride": 2, "pad": 1}, {"pool_height": 2, "pool_width": 2, "stride": 2}

    def everything() -> list[Array]:
        out, cache = conv_forward_fast(x, w, b, param)
        return [
            out,
            *conv_backward_fast(dout, cache),
            max_pool_backward_fast(dpool, max_pool_forward_fast(pooled, pool)[1]),
        ]

    expected = everything()
    monkeypatch.setattr(convolution_module, "_BLOCK_BYTES", block)
    monkeypatch.setattr(convolution_module, "_PRODUCT", block)
    monkeypatch.setattr(pooling_module, "_BLOCK_ENTRIES", block)
    for found, right in zip(everything(), expected, strict=True):
        np.testing.assert_allclose(found, right, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("wanted", "number"), [("1", 1), ("3", 3), ("7", 5)])
def test_how_many_threads_share_the_work_changes_nothing(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, wanted: str, number: int
) -> None:
    x, w, b, dout = (
        rng.normal(size=(5, 3, 9, 8)),
        rng.normal(size=(4, 3, 3, 3)),
        rng.normal(size=4),
        rng.normal(size=(5, 4, 5, 4)),
    )
    param = {"stride": 2, "pad": 1}
    alone, cache = conv_forward_fast(x, w, b, param)
    gradients = conv_backward_fast(dout, cache)
    pool, dpool = {"pool_height": 2, "pool_width": 2, "stride": 2}, rng.normal(size=(5, 3, 4, 4))
    dpooled = max_pool_backward_fast(dpool, max_pool_forward_fast(x, pool)[1])
    monkeypatch.setenv("OMP_NUM_THREADS", wanted)
    monkeypatch.setattr(threads, "_WORTH_IT", 1)
    monkeypatch.setattr(threads, "_MOST", 7)
    threads._pool.cache_clear()
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: range(8), raising=False)
    used: set[tuple[int, int]] = set()

    def in_ranges(work: Callable[[slice], Any], *sizes: int) -> Any:
        def noted(images: slice) -> Any:
            used.add((images.start, images.stop))
            return work(images)

        return threads.in_ranges(noted, *sizes)

    monkeypatch.setattr(convolution_module, "in_ranges", in_ranges)
    together, cache = conv_forward_fast(x, w, b, param)
    assert np.array_equal(together, alone)
    for found, expected in zip(conv_backward_fast(dout, cache), gradients, strict=True):
        assert np.allclose(found, expected, rtol=1e-12, atol=1e-14)
    assert len(used) == number
    assert np.array_equal(max_pool_backward_fast(dpool, max_pool_forward_fast(x, pool)[1]), dpooled)


@needs.posix
def test_a_forked_process_has_threads_of_its_own() -> None:
    code = (
        "import os, numpy as np\n"
        "from hwlib.layers import threads\n"
        "threads._threads, threads._WORTH_IT = (lambda: 2), 1\n"
        "work = lambda: sum(threads.in_ranges(lambda part: part.stop - part.start, 10, 10))\n"
        "assert work() == 10\n"
        "child = os.fork()\n"
        "if child == 0: os._exit(work())\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert found.stdout == "10\n"


def test_an_error_in_a_thread_reaches_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_threads", lambda: 2)
    monkeypatch.setattr(threads, "_WORTH_IT", 1)
    with pytest.raises(ZeroDivisionError):
        threads.in_ranges(lambda images: 1 // (1 - images.start // 5), 10, 10)
    assert threads.in_ranges(lambda images: images.stop - images.start, 0, 10) == [0]


def test_the_assignments_reference_numbers_come_out() -> None:
    x, w = (
        np.linspace(-0.1, 0.5, 96).reshape(2, 3, 4, 4),
        np.linspace(-0.2, 0.3, 144).reshape(3, 3, 4, 4),
    )
    out, _ = conv_forward_fast(x, w, np.linspace(-0.1, 0.2, 3), {"stride": 2, "pad": 1})
    np.testing.assert_allclose(
        out[0, 0], [[-0.08759809, -0.10987781], [-0.18387192, -0.2109216]], atol=5e-9
    )
    np.testing.assert_allclose(
        out[1, 2], [[2.36270298, 2.36904306], [2.38090835, 2.38247847]], atol=5e-9
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_of_floats_stays_and_integers_become_float64(
    rng: np.random.Generator, dtype: type[np.floating[Any]]
) -> None:
    x, w, b = (rng.normal(size=shape).astype(dtype) for shape in ((2, 1, 4, 4), (2, 1, 3, 3), (2,)))
    out, cache = conv_forward_fast(x, w, b, {"stride": 1, "pad": 1})
    assert [array.dtype for array in (out, *conv_backward_fast(out, cache))] == [dtype] * 4
    pooled, pool_cache = max_pool_forward_fast(x, {"pool_height": 2, "pool_width": 2, "stride": 2})
    dpooled = max_pool_backward_fast(pooled, pool_cache)
    assert [array.dtype for array in (pooled, dpooled)] == [dtype] * 2
    bytes_, ones = np.full((1, 1, 3, 3), 200, dtype=np.uint8), np.ones((1, 1, 3, 3), dtype=np.uint8)
    integers, _ = conv_forward_fast(
        bytes_, ones, np.zeros(1, dtype=np.uint8), {"stride": 1, "pad": 0}
    )
    assert integers.dtype == np.float64
    assert integers.item() == 1800


def test_nothing_given_is_changed(rng: np.random.Generator) -> None:
    x, w, b = rng.normal(size=(2, 1, 4, 4)), rng.normal(size=(2, 1, 3, 3)), rng.normal(size=2)
    kept = [array.copy() for array in (x, w, b)]
    out, cache = conv_forward_fast(x, w, b, {"stride": 1, "pad": 0})
    dout = out.copy()
    first, second = conv_backward_fast(dout, cache), conv_backward_fast(dout, cache)
    for found, again in zip(first, second, strict=True):
        assert (found == again).all()
    pooled, pool_cache = max_pool_forward_fast(x, {"pool_height": 3, "pool_width": 3, "stride": 1})
    assert (
        max_pool_backward_fast(pooled, pool_cache) == max_pool_backward_fast(pooled, pool_cache)
    ).all()
    for array, before in zip((x, w, b, dout), (*kept, out), strict=True):
        assert (array == before).all()


def test_arrays_of_any_memory_layout_are_taken(rng: np.random.Generator) -> None:
    x, w = (
        rng.normal(size=(4, 4, 1, 2)).transpose(3, 2, 0, 1),
        rng.normal(size=(3, 3, 1, 2)).transpose(3, 2, 1, 0),
    )
    b = rng.normal(size=4)[::2]
    out, cache = conv_forward_fast(x, w, b, {"stride": 1, "pad": 1})
    np.testing.assert_allclose(out, convolved(x, w, b, 1, 1), atol=1e-12)
    dout = np.asfortranarray(rng.normal(size=out.shape))
    np.testing.assert_array_equal(
        conv_backward_fast(dout, cache)[0], conv_backward_fast(np.ascontiguousarray(dout), cache)[0]
    )


@pytest.mark.parametrize(
    ("shapes", "param", "message"),
    [
        (((1, 2, 4, 4), (1, 3, 3, 3), (1,)), {"stride": 1, "pad": 0}, "same C"),
        (((1, 3, 4, 4), (2, 3, 3, 3), (1,)), {"stride": 1, "pad": 0}, "one bias"),
        (((1, 3, 4, 4), (2, 3, 3, 3), (2,)), {"stride": 0, "pad": 0}, "stride"),
        (((1, 3, 2, 4), (2, 3, 3, 3), (2,)), {"stride": 1, "pad": 0}, "larger than the images"),
    ],
)
def test_convolutions_that_can_not_be_are_refused(
    shapes: tuple[tuple[int, ...], ...], param: dict[str, int], message: str
) -> None:
    x, w, b = map(np.zeros, shapes)
    with pytest.raises(ValueError, match=message):
        conv_forward_fast(x, w, b, param)


def test_a_dout_of_another_shape_is_refused_not_broadcast(rng: np.random.Generator) -> None:
    _, cache = conv_forward_fast(
        rng.normal(size=(2, 1, 4, 4)),
        rng.normal(size=(1, 1, 3, 3)),
        np.zeros(1),
        {"stride": 1, "pad": 0},
    )
    with pytest.raises(ValueError, match="shape of the output"):
        conv_backward_fast(np.zeros((1, 1, 2, 2)), cache)
    _, pool_cache = max_pool_forward_fast(
        rng.normal(size=(2, 1, 4, 4)), {"pool_height": 2, "pool_width": 2, "stride": 2}
    )
    with pytest.raises(ValueError, match="shape of the output"):
        max_pool_backward_fast(np.zeros((2, 1, 2, 1)), pool_cache)


# ---- pooling ----


def pooled_by_definition(
    x: Array, dout: Array, height: int, width: int, stride: int
) -> tuple[Array, Array]:
    """(out, dx) window by window; the first maximum of a window, in reading order, gets the
    gradient.
    """
    out, dx = np.zeros(dout.shape), np.zeros(x.shape)
    for place in np.ndindex(dout.shape):
        n, c, i, j = place
        window = x[n, c, i * stride : i * stride + height, j * stride : j * stride + width]
        out[place] = window.max()
        a, b = np.unravel_index(np.argmax(window), window.shape)
        dx[n, c, i * stride + a, j * stride + b] += dout[place]
    return out, dx


@settings(deadline=None)
@given(
    n=st.integers(1, 3),
    c=st.integers(1, 2),
    height=st.integers(1, 7),
    width=st.integers(1, 7),
    pool_height=st.integers(1, 4),
    pool_width=st.integers(1, 4),
    stride=st.integers(1, 4),
    levels=st.sampled_from([2, 1000]),
    seed=st.integers(0, 2**31),
)
def test_pooling_is_its_definition_with_ties_and_overlaps(
    n: int,
    c: int,
    height: int,
    width: int,
    pool_height: int,
    pool_width: int,
    stride: int,
    levels: int,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    height, width = max(height, pool_height), max(width, pool_width)
    # negative, so that a maximum that begins at 0 shows; with two levels only, there are ties
    # everywhere
    x = rng.integers(-levels, 0, size=(n, c, height, width)).astype(float)
    out, cache = max_pool_forward_fast(
        x, {"pool_height": pool_height, "pool_width": pool_width, "stride": stride}
    )
    dout = np.asarray(rng.normal(size=out.shape))
    expected_out, expected_dx = pooled_by_definition(x, dout, pool_height, pool_width, stride)
    np.testing.assert_array_equal(out, expected_out)
    np.testing.assert_allclose(max_pool_backward_fast(dout, cache), expected_dx, atol=1e-12)


def test_windows_that_do_not_fit_are_refused() -> None:
    for param in (
        {"pool_height": 5, "pool_width": 1, "stride": 1},
        {"pool_height": 2, "pool_width": 2, "stride": 0},
    ):
        with pytest.raises(ValueError, match="windows that fit"):
            max_pool_forward_fast(np.zeros((1, 1, 4, 4)), param)


# ---- torch, where it is installed ----


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_convolution_and_pooling_agree_with_torch(rng: np.random.Generator, dtype: str) -> None:
    torch = needs.module("torch")
    x, w, b = (
        rng.normal(size=shape).astype(dtype) for shape in ((3, 3, 31, 29), (5, 3, 3, 5), (5,))
    )
    out, cache = conv_forward_fast(x, w, b, {"stride": 2, "pad": 2})
    pooled, pool_cache = max_pool_forward_fast(
        out, {"pool_height": 3, "pool_width": 2, "stride": 2}
    )
    dout = np.asarray(rng.normal(size=pooled.shape), dtype=dtype)
    gradients = conv_backward_fast(max_pool_backward_fast(dout, pool_cache), cache)
    tensors = [torch.from_numpy(array).requires_grad_() for array in (x, w, b)]
    result = torch.nn.functional.max_pool2d(
        torch.nn.functional.conv2d(*tensors, stride=2, padding=2), (3, 2), 2
    )
    result.backward(torch.from_numpy(dout))
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    assert rel_error(pooled, result.detach().numpy()) < tolerance
    for found, tensor in zip(gradients, tensors, strict=True):
        assert rel_error(found, tensor.grad.numpy()) < tolerance


# ---- losses ----


def test_softmax_loss_is_the_mean_log_probability_and_its_gradient_the_numerical_one(
    rng: np.random.Generator,
) -> None:
    x, y = rng.normal(size=(6, 4)) * 3, rng.integers(0, 4, size=6)
    loss, dx = softmax_loss(x, y)
    assert loss == pytest.approx(-np.mean(log_softmax(x, axis=1)[np.arange(6), y]), rel=1e-13)
    assert rel_error(dx, eval_numerical_gradient(lambda x: softmax_loss(x, y)[0], x)) < 1e-8


def test_softmax_loss_survives_large_scores() -> None:
    loss, dx = softmax_loss(np.array([[1e4, 0.0], [-1e4, 0.0]]), np.array([1, 1]))
    assert loss == pytest.approx(5000.0)
    assert np.isfinite(dx).all()


def test_svm_loss_is_the_sum_of_hinges_and_its_gradient_the_numerical_one(
    rng: np.random.Generator,
) -> None:
    x, y = rng.normal(size=(6, 4)), rng.integers(0, 4, size=6)
    loss, dx = svm_loss(x, y)
    by_hand = [max(0.0, x[i, j] - x[i, y[i]] + 1) for i in range(6) for j in range(4) if j != y[i]]
    assert loss == pytest.approx(sum(by_hand) / 6, rel=1e-13)
    assert rel_error(dx, eval_numerical_gradient(lambda x: svm_loss(x, y)[0], x)) < 1e-8


@pytest.mark.parametrize("loss", [softmax_loss, svm_loss])
@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.zeros((2, 3)), np.array([0, 3]), "from 0 to 2"),
        (np.zeros((2, 3)), np.array([0, -1]), "from 0 to 2"),
        (np.zeros((2, 3)), np.array([0.0, 1.0]), "integers"),
        (np.zeros((2, 3)), np.array([[0], [1]]), "shapes"),
        (np.zeros((2, 3)), np.array([0]), "shapes"),
    ],
)
def test_labels_that_do_not_fit_are_refused(loss: Loss, x: Array, y: Array, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        loss(x, y)


def test_losses_leave_the_scores_as_they_are_and_take_small_label_types(
    rng: np.random.Generator,
) -> None:
    x = rng.normal(size=(2, 3))
    before = x.copy()
    for loss in (softmax_loss, svm_loss):
        loss(x, np.array([0, 2], dtype=np.uint8))
    assert (x == before).all()


# ---- sandwich ----


def affine_forward(x: Array, w: Array, b: Array) -> tuple[Array, tuple[Array, Array]]:
    return x @ w + b, (x, w)


def affine_backward(dout: Array, cache: tuple[Array, Array]) -> tuple[Array, Array, Array]:
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def relu_forward(x: Array) -> tuple[Array, Array]:
    return np.maximum(x, 0), x


def relu_backward(dout: Array, x: Array) -> Array:
    return dout * (x > 0)


def test_a_sandwich_is_one_layer_with_the_gradients_in_the_order_of_the_arguments(
    rng: np.random.Generator,
) -> None:
    forward, backward = sandwich(
        (affine_forward, affine_backward),
        (relu_forward, relu_backward),
        (affine_forward, affine_backward),
    )
    arguments = [rng.normal(size=shape) for shape in ((4, 5), (5, 3), (3,), (3, 2), (2,))]
    out, cache = forward(*arguments)
    x, w1, b1, w2, b2 = arguments
    np.testing.assert_allclose(out, np.maximum(x @ w1 + b1, 0) @ w2 + b2)
    dout = rng.normal(size=out.shape)
    gradients = backward(dout, cache)
    assert len(gradients) == 5
    for position, found in enumerate(gradients):

        def with_this_one(value: Array, position: int = position) -> Any:
            return forward(*arguments[:position], value, *arguments[position + 1 :])[0]

        assert (
            rel_error(
                found, eval_numerical_gradient_array(with_this_one, arguments[position], dout)
            )
            < 1e-8
        )


def test_layers_without_parameters_make_a_sandwich_with_one_gradient(
    rng: np.random.Generator,
) -> None:
    forward, backward = sandwich((relu_forward, relu_backward), (relu_forward, relu_backward))
    out, cache = forward(np.array([-1.0, 2.0]))
    assert (backward(np.ones(2), cache) == [0.0, 1.0]).all()
    assert (out == [0.0, 2.0]).all()


def test_sandwiches_can_be_layers_of_sandwiches_and_parameters_may_have_settings(
    rng: np.random.Generator,
) -> None:
    inner = sandwich((conv_forward_fast, conv_backward_fast), (relu_forward, relu_backward))
    forward, backward = sandwich(inner, (max_pool_forward_fast, max_pool_backward_fast))
    x, w, b = rng.normal(size=(2, 3, 6, 6)), rng.normal(size=(4, 3, 3, 3)), rng.normal(size=4)
    out, cache = forward(
        x, w, b, {"stride": 1, "pad": 1}, {"pool_height": 2, "pool_width": 2, "stride": 2}
    )
    assert out.shape == (2, 4, 3, 3)
    dx, dw, db = backward(np.ones(out.shape), cache)
    assert (dx.shape, dw.shape, db.shape) == (x.shape, w.shape, b.shape)


def test_two_forward_passes_do_not_disturb_each_other(rng: np.random.Generator) -> None:
    forward, backward = sandwich((affine_forward, affine_backward), (relu_forward, relu_backward))
    w, b = rng.normal(size=(3, 2)), rng.normal(size=2)
    first = forward(rng.normal(size=(4, 3)), w, b)
    before = backward(np.ones((4, 2)), first[1])
    forward(rng.normal(size=(4, 3)), w, b)
    for found, right in zip(backward(np.ones((4, 2)), first[1]), before, strict=True):
        assert (found == right).all()


def test_mistakes_in_a_sandwich_are_named() -> None:
    with pytest.raises(TypeError, match="pair"):
        sandwich(relu_forward, relu_backward)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="\\*args"):
        sandwich((lambda x, *rest: (x, None), relu_backward))
    forward, _ = sandwich((affine_forward, affine_backward))
    with pytest.raises(TypeError, match=r"3 arguments \(x, w, b\), but 2 were given"):
        forward(np.zeros((1, 1)), np.zeros((1, 1)))
