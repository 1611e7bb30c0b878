"""Takes the windows for squares."""

REPLACES = "max_pool_forward_naive"
FAILS = ["max_pool_forward_naive"]
HINT = "pool_height is used for the width too"


def max_pool_forward_naive(x, pool_param):
    height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - height) // stride, 1 + (W - height) // stride))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = x[:, :, i * stride:i * stride + height, j * stride:j * stride + height]
            out[:, :, i, j] = window.max(axis=(2, 3))
    return out, (x, pool_param)
