"""Writes the result into the caller's w."""

REPLACES = "gradient_step"
FAILS = ["gradient_step"]
HINT = "The function changed the input `w`."


def gradient_step(w, grad, lam):
    w -= grad / lam
    return w
