"""ε after the root, as in most libraries."""

REPLACES = "rmsprop_update"
FAILS = ["rmsprop_update"]
HINT = "ε stands outside the root"


def rmsprop_update(w, dw, cache, learning_rate, decay_rate=0.99, eps=1e-8):
    new = decay_rate * cache + (1 - decay_rate) * dw ** 2
    return w - learning_rate * dw / (np.sqrt(new) + eps), new
