"""Rounds the number of windows to the nearest number: the last one is smaller than the others."""

FAILS = ["max_pool_forward_naive/pixels left over at the edge"]
HINT = "round the number of places down"
EDITS = {
    "out = np.zeros((N, C, 1 + (H - height) // stride, 1 + (W - width) // stride))":
        "out = np.zeros((N, C, round(1 + (H - height) / stride), round(1 + (W - width) / stride)))",
}
