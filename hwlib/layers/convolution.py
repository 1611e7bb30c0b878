"""Convolution by matrix products: every window becomes a column (Chellapilla et al. 2006).

A few images are computed at a time, so memory never holds the columns of a whole batch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from hwlib.layers.threads import in_ranges

__all__ = ["conv_backward_fast", "conv_forward_fast"]

Array = np.ndarray[Any, np.dtype[Any]]
Cache = tuple[Array, Array, int, int]  # padded x, w, stride, pad

# size of the columns in memory; with less or more, small filters took up to three times as long
_BLOCK_BYTES = 2**20
# multiplications in one matrix product; up to here OpenBLAS uses one thread (see _pieces)
_PRODUCT = 2**18


def conv_forward_fast(
    x: Array, w: Array, b: Array, conv_param: Mapping[str, int]
) -> tuple[Array, Cache]:
    """Compute a convolution layer with zero padding.

    As everywhere in deep learning, it is a cross-correlation.

    Parameters
    ----------
    x : array, (N, C, H, W)
        N images of C channels.
    w : array, (F, C, HH, WW)
        F filters.
    b : array, (F,)
        Biases, one for each filter.
    conv_param : dict
        "stride": pixels between windows; "pad": rows and columns of zeros on each side.

    Returns
    -------
    out : array, (N, F, H', W')
        H' = 1 + ⌊(H + 2·pad − HH) / stride⌋, and W' likewise. float32 where x, w and b are.
    cache : tuple
        For `conv_backward_fast`.

    Raises
    ------
    ValueError
        If the shapes do not match, the stride is less than 1 or the pad is negative.

    Examples
    --------
    >>> x = w = np.ones((1, 1, 3, 3))
    >>> out, cache = conv_forward_fast(x, w, np.zeros(1), {"stride": 2, "pad": 1})
    >>> out[0, 0]
    array([[4., 4.],
           [4., 4.]])
    """
    stride, pad = int(conv_param["stride"]), int(conv_param["pad"])
    x, w, b = _as_floats(x, w, b)
    _check_shapes(x, w, b, stride, pad)
    padded = np.zeros((*x.shape[:2], x.shape[2] + 2 * pad, x.shape[3] + 2 * pad), dtype=x.dtype)
    padded[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]] = x
    height, width = _out_size(padded, w, stride)
    rows = np.column_stack([_rows(w), b])  # (F, C HH WW + 1)
    pieces = _pieces(rows, height, width)
    out = np.empty((len(x), len(w), height * width), dtype=x.dtype)

    def fill(images: slice) -> None:
        for block, windows, _ in _window_blocks(padded[images], w, stride):
            np.matmul(rows, _split(windows, pieces), out=_split(out[images][block], pieces))

    in_ranges(fill, len(x), out.size * rows.shape[1])
    return out.reshape(len(x), len(w), height, width), (padded, w, stride, pad)


def conv_backward_fast(dout: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """Compute the gradients of `conv_forward_fast`.

    Parameters
    ----------
    dout : array, (N, F, H', W')
        Gradient of the loss with respect to the layer's output.
    cache : tuple
        From `conv_forward_fast`.

    Returns
    -------
    dx, dw, db : arrays
        They have the shapes of x, w and b.

    Raises
    ------
    ValueError
        If dout does not have the shape of the output.
    """
    padded, w, stride, pad = cache
    height, width = _out_size(padded, w, stride)
    expected = (len(padded), len(w), height, width)
    if np.shape(dout) != expected:
        raise ValueError(
            f"dout must have the shape of the output, {expected}, found {np.shape(dout)}"
        )
    # (N, F, H' W')
    upstream = np.ascontiguousarray(dout, dtype=padded.dtype).reshape(len(padded), len(w), -1)
    rows = _rows(w)
    pieces = _pieces(rows, height, width)
    dx = np.zeros_like(padded)

    def gradients(images: slice) -> Array:
        """Compute dw of these images, with db as its last column, and write their dx."""
        total = np.zeros((len(w), rows.shape[1] + 1), dtype=padded.dtype)
        for block, windows, columns in _window_blocks(padded[images], w, stride):
            arriving = _split(upstream[images][block], pieces)
            total += np.matmul(arriving, _split(windows, pieces).swapaxes(2, 3)).sum(axis=(0, 1))
            # the windows are not needed any more: their gradients overwrite them
            np.matmul(rows.T, arriving, out=_split(windows[:, :-1], pieces))
            for i, j, window in _offsets(dx[images][block], columns, stride):
                window += columns[:, :, i, j]
        return total

    dw: Array = np.sum(in_ranges(gradients, len(padded), 2 * upstream.size * rows.shape[1]), axis=0)
    rest = dx.shape[2] - pad, dx.shape[3] - pad
    return dx[:, :, pad : rest[0], pad : rest[1]], dw[:, :-1].reshape(w.shape), dw[:, -1].copy()


def _window_blocks(padded: Array, w: Array, stride: int) -> Iterator[tuple[slice, Array, Array]]:
    """Yield the windows of a block of images at a time: (slice of images, windows, columns).

    The windows are matrices (n, C HH WW + 1, H' W'), whose last row is ones, for the bias. The
    columns are the same memory without that row, as (n, C, HH, WW, H', W'). The next block uses
    this memory again.
    """
    num, channels = padded.shape[:2]
    shape = (channels, *w.shape[2:], *_out_size(padded, w, stride))
    length, places = math.prod(shape[:3]), math.prod(shape[3:])
    size = min(max(num, 1), max(1, _BLOCK_BYTES // max(1, length * places * padded.itemsize)))
    memory = np.empty((size, length + 1, places), dtype=padded.dtype)
    memory[:, -1] = 1.0
    for start in range(0, num, size):
        images = slice(start, min(start + size, num))
        windows = memory[: images.stop - start]
        columns = windows[:, :-1].reshape(len(windows), *shape)
        for i, j, window in _offsets(padded[images], columns, stride):
            columns[:, :, i, j] = window
        yield images, windows, columns


def _pieces(rows: Array, height: int, width: int) -> int:
    """The number of smaller products for the filters (F, K) and the windows of one image.

    The product is split by rows of the output, because OpenBLAS computes small products in one
    thread. More threads would not be faster, since most of the time goes into copying windows. On
    a busy machine every product would wait for all its threads, and measured 70 times slower.
    """
    fitting = (
        number
        for number in range(1, height + 1)
        if height % number == 0 and rows.size * height * width <= number * _PRODUCT
    )
    return next(fitting, 1)


def _split(matrices: Array, pieces: int) -> Array:
    """View matrices (n, R, P) as (n, pieces, R, P / pieces)."""
    n, num_rows, num_columns = matrices.shape
    return matrices.reshape(n, num_rows, pieces, num_columns // pieces).swapaxes(1, 2)


def _offsets(images: Array, columns: Array, stride: int) -> Iterator[tuple[int, int, Array]]:
    """Yield (i, j, view (n, C, H', W') of entry [i, j] of each window)."""
    kernel_height, kernel_width, height, width = columns.shape[2:]
    for i in range(kernel_height):
        for j in range(kernel_width):
            yield (
                i,
                j,
                images[
                    :,
                    :,
                    i : i + stride * (height - 1) + 1 : stride,
                    j : j + stride * (width - 1) + 1 : stride,
                ],
            )


def _rows(w: Array) -> Array:
    """The filters as a matrix (F, C HH WW)."""
    return np.ascontiguousarray(w).reshape(len(w), -1)


def _out_size(padded: Array, w: Array, stride: int) -> tuple[int, int]:
    return (padded.shape[2] - w.shape[2]) // stride + 1, (
        padded.shape[3] - w.shape[3]
    ) // stride + 1


def _as_floats(*arrays: Array) -> list[Array]:
    dtype = np.result_type(*arrays)
    return [np.asarray(array, dtype=dtype if dtype.kind == "f" else np.float64) for array in arrays]


def _check_shapes(x: Array, w: Array, b: Array, stride: int, pad: int) -> None:
    if x.ndim != 4 or w.ndim != 4 or x.shape[1] != w.shape[1]:
        raise ValueError(
            f"expected x (N, C, H, W) and w (F, C, HH, WW) with the same C, found {x.shape} and "
            f"{w.shape}"
        )
    if b.shape != w.shape[:1]:
        raise ValueError(
            f"expected one bias for each of the {len(w)} filters, found b of shape {b.shape}"
        )
    if stride < 1 or pad < 0:
        raise ValueError(f"expected stride ≥ 1 and pad ≥ 0, found stride {stride} and pad {pad}")
    if x.shape[2] + 2 * pad < w.shape[2] or x.shape[3] + 2 * pad < w.shape[3]:
        raise ValueError(
            f"the filters {w.shape[2:]} are larger than the images {x.shape[2:]} with pad {pad}"
        )
