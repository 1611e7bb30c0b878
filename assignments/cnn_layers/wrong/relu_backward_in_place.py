"""Sets the gradient that comes in to 0 where nothing passes, and returns it: the array of the caller is changed."""

REPLACES = "relu_backward"
FAILS = ["relu_backward"]
HINT = "The function changed the input `dout`"
FREQUENCY = "5 of 16 public solutions"


def relu_backward(dout, cache):
    dout[cache <= 0] = 0
    return dout
