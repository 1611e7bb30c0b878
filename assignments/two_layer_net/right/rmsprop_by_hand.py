"""np.power, and the factor pulled out of the fraction."""

REPLACES = "rmsprop_update"


def rmsprop_update(w, dw, cache, learning_rate, decay_rate=0.99, eps=1e-8):
    cache = cache + (1 - decay_rate) * (np.square(dw) - cache)
    return w - dw * (learning_rate * np.power(cache + eps, -0.5)), cache
