"""Takes the maximum over everything in the window, channels too."""

REPLACES = "max_pool_forward_naive"
FAILS = ["max_pool_forward_naive/windows that fit"]
HINT = "The maximum runs over the channels too"


def max_pool_forward_naive(x, pool_param):
    height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - height) // stride, 1 + (W - width) // stride))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = x[:, :, i * stride:i * stride + height, j * stride:j * stride + width]
            out[:, :, i, j] = window.max(axis=(1, 2, 3))[:, None]
    return out, (x, pool_param)
