"""Takes the smallest value of each window."""

FAILS = ["max_pool_forward_naive/windows that fit"]
HINT = "This is the smallest value of each window"
EDITS = {"out[:, :, i, j] = window.max(axis=(2, 3))": "out[:, :, i, j] = window.min(axis=(2, 3))"}
