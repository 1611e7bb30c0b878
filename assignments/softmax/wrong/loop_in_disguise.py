"""Vectorised by name only: the loop over images is still there."""

REPLACES = "softmax_loss_vectorized"
FAILS = ["softmax_loss_vectorized"]
HINT = "without a loop over images"


def softmax_loss_vectorized(W, X, y, reg):
    return softmax_loss_naive(W, X, y, reg)
