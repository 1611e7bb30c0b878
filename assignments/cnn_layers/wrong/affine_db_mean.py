"""Takes the mean over the batch, because the loss is a mean."""

REPLACES = "affine_backward"
FAILS = ["affine_backward/db"]
HINT = "db is a mean"


def affine_backward(dout, cache):
    x, w = cache
    rows = x.reshape(len(x), -1)
    return (dout @ w.T).reshape(x.shape), rows.T @ dout, dout.mean(axis=0)
