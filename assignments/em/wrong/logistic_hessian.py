"""Copies the Hessian of logistic regression, with the weights μ(1 − μ)."""

REPLACES = "poisson_hessian"
FAILS = ["poisson_hessian"]
HINT = "logistic regression"


def poisson_hessian(w, X, y):
    mu = np.exp(X.dot(w))
    S = np.diag(mu * (1 - mu))
    return X.T.dot(S).dot(X)
