"""Assigns where it should add: right as long as windows don't overlap."""

REPLACES = "max_pool_backward_naive"
FAILS = ["max_pool_backward_naive"]
HINT = "a pixel that wins in several must collect"


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * stride:i * stride + height, j * stride:j * stride + width]
        k, l = np.unravel_index(np.argmax(window), window.shape)
        dx[n, c, i * stride + k, j * stride + l] = dout[n, c, i, j]
    return dx
