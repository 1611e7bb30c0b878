"""Sends the gradient wherever the window equals its maximum: with a tie it arrives several times."""

REPLACES = "max_pool_backward_naive"
FAILS = ["max_pool_backward_naive/ties"]
HINT = "A tie: the gradient must arrive once in all"
FREQUENCY = "7 of 14 public solutions"


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        rows, columns = slice(i * stride, i * stride + height), slice(j * stride, j * stride + width)
        window = x[n, c, rows, columns]
        dx[n, c, rows, columns] += dout[n, c, i, j] * (window == window.max())
    return dx
