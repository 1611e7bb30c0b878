"""Starts the search for the maximum at a number that seems small enough."""

FAILS = ["max_pool_forward_naive/windows that fit"]
HINT = "starts at a number that may be larger than a whole window"
EDITS = {"out[:, :, i, j] = window.max(axis=(2, 3))": "out[:, :, i, j] = np.maximum(-100, window.max(axis=(2, 3)))"}
