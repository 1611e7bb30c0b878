"""Takes the Hessian of least squares, XᵀX."""

REPLACES = "poisson_hessian"
FAILS = ["poisson_hessian"]
HINT = "where do the means exp(w·x) come in?"


def poisson_hessian(w, X, y):
    return X.T @ X
