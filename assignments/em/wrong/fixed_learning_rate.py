"""Gradient descent with a learning rate that suited one data set: it diverges for large counts and crawls for small weights."""

REPLACES = "fit_poisson"
FAILS = ["fit_poisson/counts up to dozens"]
HINT = "how large is it at your w"


def fit_poisson(X, y, sample_weight=None):
    s = np.ones(len(y)) if sample_weight is None else sample_weight
    w = np.zeros(X.shape[1])
    for _ in range(200):
        w = w - 1e-4 * X.T @ (s * (np.exp(np.minimum(X @ w, 300)) - y))
    return w
