"""Takes λ for the learning rate."""

REPLACES = "gradient_step"
FAILS = ["gradient_step"]
HINT = "λ is the price, not the learning rate"


def gradient_step(w, grad, lam):
    return w - lam * grad
