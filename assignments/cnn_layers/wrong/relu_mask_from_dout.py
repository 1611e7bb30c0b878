"""Applies ReLU to the gradient too: the mask comes from dout, not from x."""

REPLACES = "relu_backward"
FAILS = ["relu_backward"]
HINT = "The mask seems to come from dout"


def relu_backward(dout, cache):
    return np.maximum(dout, 0)
