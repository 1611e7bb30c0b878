"""Takes the windows for squares."""

FAILS = ["max_pool_forward_naive/windows that fit"]
HINT = "pool_height is used for the width too"
EDITS = {
    "out = np.zeros((N, C, 1 + (H - height) // stride, 1 + (W - width) // stride))":
        "out = np.zeros((N, C, 1 + (H - height) // stride, 1 + (W - height) // stride))",
    "window = x[:, :, i * stride:i * stride + height, j * stride:j * stride + width]":
        "window = x[:, :, i * stride:i * stride + height, j * stride:j * stride + height]",
}
