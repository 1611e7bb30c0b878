"""Nesterov's momentum: another rule than the one asked for."""

REPLACES = "momentum_update"
FAILS = ["momentum_update"]
HINT = "that is Nesterov's momentum"


def momentum_update(w, dw, velocity, learning_rate, momentum=0.9):
    velocity = momentum * velocity - learning_rate * dw
    return w + momentum * velocity - learning_rate * dw, velocity
