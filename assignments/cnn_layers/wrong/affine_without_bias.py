"""Writes X @ W and forgets that there is a b."""

REPLACES = "affine_forward"
FAILS = ["affine_forward"]
HINT = "Is the bias b added?"


def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w, (x, w)
