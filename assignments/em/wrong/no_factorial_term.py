"""Leaves out log y!: it does not depend on w, and minimising works without it."""

REPLACES = "poisson_nll"
FAILS = ["poisson_nll/small counts"]
HINT = "The term log y! is missing."


def poisson_nll(w, X, y):
    return np.sum(np.exp(X @ w) - y * (X @ w))
