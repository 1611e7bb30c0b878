"""Returns the output alone, which has two rows in the visible check and could be taken for a pair."""

FAILS = ["affine_forward", "affine_backward"]
ALSO = {"affine_backward": "without a cache there is nothing to go back with"}
HINT = "Two values are asked for: (out, cache)"
REPLACES = "affine_forward"


def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b
