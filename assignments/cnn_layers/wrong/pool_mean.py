"""Takes the mean of each window."""

REPLACES = "max_pool_forward_naive"
FAILS = ["max_pool_forward_naive/windows that fit"]
HINT = "This is the mean of each window"


def max_pool_forward_naive(x, pool_param):
    height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - height) // stride, 1 + (W - width) // stride))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = x[:, :, i * stride:i * stride + height, j * stride:j * stride + width]
            out[:, :, i, j] = window.mean(axis=(2, 3))
    return out, (x, pool_param)
