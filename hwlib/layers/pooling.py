"""Max-pooling that compares whole shifted images instead of single windows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from hwlib.layers.threads import in_ranges

__all__ = ["max_pool_backward_fast", "max_pool_forward_fast"]

Array = np.ndarray[Any, np.dtype[Any]]
Cache = tuple[Array, Array, int, int, int]  # x, out, pool height, pool width, stride

# entries of the output that the backward pass computes at a time, so they stay in the CPU's cache
_BLOCK_ENTRIES = 2**16


def max_pool_forward_fast(x: Array, pool_param: Mapping[str, int]) -> tuple[Array, Cache]:
    """Compute a max-pooling layer.

    Parameters
    ----------
    x : array, (N, C, H, W)
    pool_param : dict
        "pool_height", "pool_width": size of a window; "stride": pixels between windows.

    Returns
    -------
    out : array, (N, C, H', W')
        H' = 1 + ⌊(H − pool_height) / stride⌋, and W' likewise. The dtype is that of x. If a window
        contains NaN, its maximum is NaN.
    cache : tuple
        For `max_pool_backward_fast`. It refers to x, so do not change x in place before the
        backward pass.

    Raises
    ------
    ValueError
        If x does not have four axes, or if a window is larger than the images.

    Examples
    --------
    >>> x, by_two = np.arange(16.0), {"pool_height": 2, "pool_width": 2, "stride": 2}
    >>> out, cache = max_pool_forward_fast(x.reshape(1, 1, 4, 4), by_two)
    >>> out[0, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """
    pool_height, pool_width, stride = (
        int(pool_param[key]) for key in ("pool_height", "pool_width", "stride")
    )
    x = np.asarray(x)
    _check_shapes(x, pool_height, pool_width, stride)
    rows = _maximum(_shifted(x, pool_height, stride, axis=2))  # (N, C, H', W)
    out = _maximum(_shifted(rows, pool_width, stride, axis=3))  # (N, C, H', W')
    return out, (x, out, pool_height, pool_width, stride)


def max_pool_backward_fast(dout: Array, cache: Cache) -> Array:
    """Compute the gradient of `max_pool_forward_fast`.

    Each entry of dout goes to the largest entry of its window. If several entries are the largest,
    the first of them gets it, row by row from the top left, as in PyTorch.

    Parameters
    ----------
    dout : array, (N, C, H', W')
        Gradient of the loss with respect to the layer's output.
    cache : tuple
        From `max_pool_forward_fast`.

    Returns
    -------
    dx : array, (N, C, H, W)

    Raises
    ------
    ValueError
        If dout does not have the shape of the output.
    """
    x, out, pool_height, pool_width, stride = cache
    if np.shape(dout) != out.shape:
        raise ValueError(
            f"dout must have the shape of the output, {out.shape}, found {np.shape(dout)}"
        )
    dout = np.asarray(dout)
    dx = np.zeros(x.shape, dtype=dout.dtype if dout.dtype.kind == "f" else np.float64)
    overlap = stride < max(pool_height, pool_width)
    block = max(1, _BLOCK_ENTRIES // max(1, int(np.prod(out.shape[1:]))))

    def route(images: slice) -> None:
        for start in range(images.start, images.stop, block):
            part = slice(start, min(start + block, images.stop))
            _route(
                dout[part], x[part], out[part], dx[part], (pool_height, pool_width, stride), overlap
            )

    in_ranges(route, len(x), 4 * out.size * pool_height * pool_width)
    return dx


def _route(
    dout: Array, x: Array, out: Array, dx: Array, pool: tuple[int, int, int], overlap: bool
) -> None:
    """Write or add the gradient of some images to dx."""
    pool_height, pool_width, stride = pool
    waiting = np.ones(out.shape, dtype=bool)  # windows whose maximum has not been found yet
    for i, dx_rows in enumerate(_shifted(dx, pool_height, stride, axis=2)):
        x_rows = _pick(x, i, pool_height, stride, axis=2)
        for j, target in enumerate(_shifted(dx_rows, pool_width, stride, axis=3)):
            here = _pick(x_rows, j, pool_width, stride, axis=3) == out  # (n, C, H', W')
            here &= waiting
            waiting ^= here
            if overlap:
                target += dout * here
            else:
                np.multiply(dout, here, out=target)


def _shifted(x: Array, size: int, stride: int, axis: int) -> Iterator[Array]:
    """Views of x: the first entry of each window along the axis, the second, …"""
    for offset in range(size):
        yield _pick(x, offset, size, stride, axis)


def _pick(x: Array, offset: int, size: int, stride: int, axis: int) -> Array:
    count = (x.shape[axis] - size) // stride + 1
    index = [slice(None)] * x.ndim
    index[axis] = slice(offset, offset + stride * (count - 1) + 1, stride)
    return x[tuple(index)]


def _maximum(views: Iterator[Array]) -> Array:
    first, second = next(views), next(views, None)
    largest: Array = first.copy() if second is None else np.maximum(first, second)
    for view in views:
        np.maximum(largest, view, out=largest)
    return largest


def _check_shapes(x: Array, pool_height: int, pool_width: int, stride: int) -> None:
    if x.ndim != 4:
        raise ValueError(f"expected x (N, C, H, W), found shape {x.shape}")
    if stride < 1 or not 1 <= pool_height <= x.shape[2] or not 1 <= pool_width <= x.shape[3]:
        raise ValueError(
            f"expected stride ≥ 1 and windows that fit into {x.shape[2:]}, found stride {stride} "
            "and "
            f"windows of {(pool_height, pool_width)}"
        )
