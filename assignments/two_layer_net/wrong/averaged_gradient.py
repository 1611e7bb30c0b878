"""A running average of the gradients, with 1 - momentum, as in Adam."""

REPLACES = "momentum_update"
FAILS = ["momentum_update"]
HINT = "The gradient has a factor (1 - momentum)"


def momentum_update(w, dw, velocity, learning_rate, momentum=0.9):
    velocity = momentum * velocity - (1 - momentum) * learning_rate * dw
    return w + velocity, velocity
