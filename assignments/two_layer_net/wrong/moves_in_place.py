"""+= and *= : fast, but the arrays of the caller change."""

REPLACES = "momentum_update"
FAILS = ["momentum_update"]
HINT = "The function changed the input `w`"


def momentum_update(w, dw, velocity, learning_rate, momentum=0.9):
    velocity *= momentum
    velocity -= learning_rate * dw
    w += velocity
    return w, velocity
