"""The cache adds up all squares: that is AdaGrad."""

REPLACES = "rmsprop_update"
FAILS = ["rmsprop_update"]
HINT = "The new cache"


def rmsprop_update(w, dw, cache, learning_rate, decay_rate=0.99, eps=1e-8):
    new = cache + dw ** 2
    return w - learning_rate * dw / np.sqrt(new + eps), new
