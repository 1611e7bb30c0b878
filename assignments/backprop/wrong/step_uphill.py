"""Adds the gradient."""

REPLACES = "gradient_step"
FAILS = ["gradient_step"]
HINT = "This goes uphill"


def gradient_step(w, grad, lam):
    return w + grad / lam
