"""Makes negative numbers positive, not zero."""

REPLACES = "relu_forward"
FAILS = ["relu_forward"]
HINT = "This is the absolute value"


def relu_forward(x):
    return np.abs(x), x
