"""Undoes the matrix product, but not the flattening: with flat inputs it even works."""

REPLACES = "affine_backward"
FAILS = ["affine_backward/dx"]
HINT = "undo the flattening of the forward pass"


def affine_backward(dout, cache):
    x, w = cache
    rows = x.reshape(len(x), -1)
    return dout @ w.T, rows.T @ dout, dout.sum(axis=0)
