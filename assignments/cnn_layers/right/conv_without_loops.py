"""Looks at all windows at once with a strided view; the cache is an object of a class of its own."""

REPLACES = ("conv_forward_naive", "conv_backward_naive")


from dataclasses import dataclass
from typing import Any

from numpy.lib.stride_tricks import sliding_window_view


@dataclass
class ConvCache:
    windows: Any
    w: Any
    shape: tuple
    stride: int
    pad: int


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    padded = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]    # (N, C, H', W', HH, WW)
    out = np.einsum("ncijkl,fckl->nfij", windows, w) + b.reshape(1, -1, 1, 1)
    return out, ConvCache(windows, w, padded.shape, stride, pad)


def conv_backward_naive(dout, cache):
    dw = np.einsum("nfij,ncijkl->fckl", dout, cache.windows)
    dpadded = np.zeros(cache.shape)
    for k in range(cache.w.shape[2]):
        for l in range(cache.w.shape[3]):
            part = np.einsum("nfij,fc->ncij", dout, cache.w[:, :, k, l])
            rows = slice(k, k + cache.stride * dout.shape[2], cache.stride)
            columns = slice(l, l + cache.stride * dout.shape[3], cache.stride)
            dpadded[:, :, rows, columns] += part
    middle = slice(cache.pad, cache.shape[2] - cache.pad), slice(cache.pad, cache.shape[3] - cache.pad)
    return dpadded[(..., *middle)], dw, dout.sum((0, 2, 3))
