"""Compares the likelihoods only, as if all moods were equally frequent."""

REPLACES = "e_step"
FAILS = ["e_step/Bayes' rule"]
HINT = "The mixing weights pi are left out"


def e_step(X, y, W, pi):
    log_means = X @ W.T
    a = y[:, None] * log_means - np.exp(log_means)
    R = np.exp(a - a.max(axis=1, keepdims=True))
    return R / R.sum(axis=1, keepdims=True)
