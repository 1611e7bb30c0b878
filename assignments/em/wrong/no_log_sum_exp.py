"""Bayes' rule as it stands on paper: for large counts every probability is 0, and 0/0 is NaN."""

REPLACES = "e_step"
FAILS = ["e_step/large counts"]
HINT = "subtract the largest logarithm of each song"
FREQUENCY = "15 of 15 public solutions of a Gaussian mixture"


def e_step(X, y, W, pi):
    means = np.exp(X @ W.T)
    with np.errstate(all="ignore"):
        joint = pi * np.exp(y[:, None] * np.log(means) - means - gammaln(y + 1)[:, None])
        return joint / joint.sum(axis=1, keepdims=True)
