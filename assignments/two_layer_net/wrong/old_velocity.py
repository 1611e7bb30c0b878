"""w moves by the velocity that came in."""

REPLACES = "momentum_update"
FAILS = ["momentum_update"]
HINT = "w moves by the velocity of the step before"


def momentum_update(w, dw, velocity, learning_rate, momentum=0.9):
    return w + velocity, momentum * velocity - learning_rate * dw
