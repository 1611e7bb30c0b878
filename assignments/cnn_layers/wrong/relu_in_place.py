"""Changes x itself and then keeps it as the cache: where x was negative there is a 0 now, and the mask x >= 0 is true everywhere."""

REPLACES = ("relu_forward", "relu_backward")
FAILS = ["relu_forward", "relu_backward"]
HINT = "The function changed the input `x`"
FREQUENCY = "1 of 16 public solutions"


def relu_forward(x):
    x[x < 0] = 0
    return x, x


def relu_backward(dout, cache):
    return dout * (cache >= 0)
