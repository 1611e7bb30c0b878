"""The same arithmetic the other way round, returned as a list."""

REPLACES = "momentum_update"


def momentum_update(w, dw, velocity, learning_rate, momentum=0.9):
    step = learning_rate * dw - momentum * velocity
    return [np.subtract(w, step), np.negative(step)]
