"""Subtracts the largest logarithm of each mood, axis=0, where that of each song would cancel."""

REPLACES = "e_step"
FAILS = ["e_step/Bayes' rule"]
HINT = "The largest logarithm of each *mood* is subtracted"


def e_step(X, y, W, pi):
    eta = X @ W.T
    a = y[:, None] * eta - np.exp(eta) + np.log(pi)
    p = np.exp(a - a.max(axis=0))
    return p / p.sum(axis=1)[:, None]
