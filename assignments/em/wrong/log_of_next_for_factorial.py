"""Writes log(y + 1), which gammaln(y + 1) resembles, for log y!."""

REPLACES = "poisson_nll"
FAILS = ["poisson_nll/small counts"]
HINT = "the term is log y!"


def poisson_nll(w, X, y):
    log_means = X @ w
    return np.sum(np.exp(log_means) - y * log_means + np.log(y + 1))
