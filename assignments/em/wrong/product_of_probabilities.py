"""Multiplies the probabilities and takes the logarithm at the end: with many songs the product is 0."""

REPLACES = "poisson_nll"
FAILS = ["poisson_nll"]
HINT = "∞ comes from a division by 0, log 0"


def poisson_nll(w, X, y):
    log_means = X @ w
    return -np.log(np.prod(np.exp(y * log_means - np.exp(log_means) - gammaln(y + 1))))
