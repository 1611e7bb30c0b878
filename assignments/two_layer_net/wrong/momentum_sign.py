"""The velocity collects the gradient with a plus, and w moves by the velocity: uphill."""

REPLACES = "momentum_update"
FAILS = ["momentum_update"]
HINT = "the gradient is subtracted"


def momentum_update(w, dw, velocity, learning_rate, momentum=0.9):
    velocity = momentum * velocity + learning_rate * dw
    return w + velocity, velocity
