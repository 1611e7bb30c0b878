"""Divides the place of the largest by the height of the window: it is its width that counts."""

REPLACES = "max_pool_backward_naive"
FAILS = ["max_pool_backward_naive/the winner of each window"]
HINT = "k // width"


def max_pool_backward_naive(dout, cache):
    x, param = cache
    ph, pw, s = param["pool_height"], param["pool_width"], param["stride"]
    N, C, h_out, w_out = dout.shape
    dx = np.zeros(x.shape)
    for n in range(N):
        for c in range(C):
            for i in range(h_out):
                for j in range(w_out):
                    top, left = i * s, j * s
                    best = np.argmax(x[n, c, top:top + ph, left:left + pw])
                    row, col = best // ph, best % ph
                    dx[n, c, top + row, left + col] += dout[n, c, i, j]
    return dx
