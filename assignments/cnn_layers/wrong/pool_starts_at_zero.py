"""Looks for a larger value than the best so far, and starts with 0: right after a ReLU, wrong in general."""

REPLACES = "max_pool_forward_naive"
FAILS = ["max_pool_forward_naive/windows that fit"]
HINT = "where does the search for the maximum start?"


def max_pool_forward_naive(x, pool_param):
    height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - height) // stride, 1 + (W - width) // stride))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = x[:, :, i * stride:i * stride + height, j * stride:j * stride + width]
            out[:, :, i, j] = np.maximum(0, window.max(axis=(2, 3)))
    return out, (x, pool_param)
