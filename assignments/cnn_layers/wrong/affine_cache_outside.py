"""Keeps the inputs in a global variable: right as long as each layer is used only once."""

REPLACES = ("affine_forward", "affine_backward")
FAILS = ["affine_backward/dx", "affine_backward/dw"]
ALSO = {"affine_backward/dw": "both are computed from what the second use left behind"}
HINT = "Does the layer keep anything outside its cache?"


last = {}


def affine_forward(x, w, b):
    last["x"], last["w"] = x, w
    return x.reshape(len(x), -1) @ w + b, None


def affine_backward(dout, cache):
    x, w = last["x"], last["w"]
    rows = x.reshape(len(x), -1)
    return (dout @ w.T).reshape(x.shape), rows.T @ dout, dout.sum(axis=0)
