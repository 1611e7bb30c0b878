"""Averages over the songs, as most losses do; this one is a sum."""

REPLACES = ("poisson_nll", "poisson_gradient", "poisson_hessian")
FAILS = ["poisson_nll/small counts"]
HINT = "This is the mean over songs"


def poisson_nll(w, X, y):
    return np.mean(np.exp(X @ w) - y * (X @ w) + gammaln(y + 1))


def poisson_gradient(w, X, y):
    return X.T @ (np.exp(X @ w) - y) / len(y)


def poisson_hessian(w, X, y):
    return X.T @ (np.exp(X @ w)[:, None] * X) / len(y)
