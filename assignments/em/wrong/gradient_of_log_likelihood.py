"""The derivative of the log-likelihood, not of its negative: the formula that many books print."""

REPLACES = "poisson_gradient"
FAILS = ["poisson_gradient"]
HINT = "The sign is wrong: this is the gradient of the log-likelihood."


def poisson_gradient(w, X, y):
    return X.T @ (y - np.exp(X @ w))
