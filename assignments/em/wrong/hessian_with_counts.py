"""Weights the Hessian with the counts, which are near the means but not the means."""

REPLACES = "poisson_hessian"
FAILS = ["poisson_hessian"]
HINT = "The weights in this sum are the counts"


def poisson_hessian(w, X, y):
    return X.T @ (y[:, None] * X)
