"""Divides by the sum over the songs: the wrong axis."""

REPLACES = "e_step"
FAILS = ["e_step"]
HINT = "Every column adds up to 1"


def e_step(X, y, W, pi):
    log_means = X @ W.T
    a = np.log(pi) + y[:, None] * log_means - np.exp(log_means) - gammaln(y + 1)[:, None]
    R = np.exp(a)
    return R / R.sum(axis=0, keepdims=True)
