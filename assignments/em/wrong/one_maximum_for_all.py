"""Subtracts the largest logarithm of all songs: the others still underflow."""

REPLACES = "e_step"
FAILS = ["e_step/large counts"]
HINT = "subtract the largest logarithm of each song"


def e_step(X, y, W, pi):
    log_means = X @ W.T
    a = np.log(pi) + y[:, None] * log_means - np.exp(log_means)
    with np.errstate(all="ignore"):
        R = np.exp(a - a.max())
        return R / R.sum(axis=1, keepdims=True)
