"""The cache is a function that does the backward pass."""

REPLACES = ("relu_forward", "relu_backward")


def relu_forward(x):
    passes = x > 0
    return np.where(passes, x, 0.0), lambda dout: np.where(passes, dout, 0.0)


def relu_backward(dout, cache):
    return cache(dout)
