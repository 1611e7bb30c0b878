"""Takes the mean over the songs in the loss only; the gradient, which is right, costs nothing."""

REPLACES = "poisson_nll"
FAILS = ["poisson_nll/small counts"]
HINT = "This is the mean over songs"


def poisson_nll(w, X, y):
    log_means = X @ w
    return float(np.mean(np.exp(log_means) - y * log_means + gammaln(y + 1)))
