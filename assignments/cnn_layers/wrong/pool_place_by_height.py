"""Turns the place of the winner into row and column with the height of the window, not its width."""

REPLACES = "max_pool_backward_naive"
FAILS = ["max_pool_backward_naive/the winner of each window"]
HINT = "do height and width get mixed up"


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    dx = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * stride : i * stride + height, j * stride : j * stride + width]
        row, column = divmod(int(np.argmax(window)), height)
        if row < height:
            dx[n, c, i * stride + row, j * stride + column] += dout[n, c, i, j]
    return dx
