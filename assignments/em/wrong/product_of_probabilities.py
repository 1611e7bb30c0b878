"""Multiplies the probabilities and takes the logarithm at the end: with many songs the product is 0."""

REPLACES = "poisson_nll"
FAILS = ["poisson_nll/large counts and many songs"]
HINT = "A product of many probabilities is 0 in floating point"


def poisson_nll(w, X, y):
    log_means = X @ w
    return -np.log(np.prod(np.exp(y * log_means - np.exp(log_means) - gammaln(y + 1))))
