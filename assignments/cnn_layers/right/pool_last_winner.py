"""Gives the gradient of a tie to the last of the winners."""

REPLACES = "max_pool_backward_naive"


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    dx = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * stride:i * stride + height, j * stride:j * stride + width]
        k, l = np.argwhere(window == np.max(window))[-1]
        dx[n, c, k + i * stride, l + j * stride] += dout[n, c, i, j]
    return dx
