"""Layers for notebooks: two losses, fast convolution and pooling, and a way to compose layers.

A layer is a pair of functions. `forward(x, …)` returns (out, cache), and `backward(dout, cache)`
returns the gradients of x and of the layer's parameters, where dout is the gradient of the loss
with respect to out. Only NumPy is used.
"""

from __future__ import annotations

from hwlib.layers.composed import sandwich
from hwlib.layers.convolution import conv_backward_fast, conv_forward_fast
from hwlib.layers.losses import softmax_loss, svm_loss
from hwlib.layers.pooling import max_pool_backward_fast, max_pool_forward_fast

__all__ = [
    "conv_backward_fast",
    "conv_forward_fast",
    "max_pool_backward_fast",
    "max_pool_forward_fast",
    "sandwich",
    "softmax_loss",
    "svm_loss",
]
