"""decay_rate and 1 - decay_rate exchanged."""

REPLACES = "rmsprop_update"
FAILS = ["rmsprop_update"]
HINT = "The factors decay_rate and 1 - decay_rate are exchanged"


def rmsprop_update(w, dw, cache, learning_rate, decay_rate=0.99, eps=1e-8):
    new = (1 - decay_rate) * cache + decay_rate * dw ** 2
    return w - learning_rate * dw / np.sqrt(new + eps), new
