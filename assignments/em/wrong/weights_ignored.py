"""Accepts sample_weight and forgets it, so every mood gets the same fit."""

REPLACES = "fit_poisson"
FAILS = ["fit_poisson-weights"]
HINT = "This is the fit without sample_weight"


def fit_poisson(X, y, sample_weight=None):
    w = np.zeros(X.shape[1])
    w[0] = np.log(np.mean(y) + 1e-9)
    loss = lambda v: np.sum(np.exp(np.minimum(X @ v, 500)) - y * (X @ v))
    for _ in range(100):
        means = np.exp(X @ w)
        step = np.linalg.solve(X.T @ (means[:, None] * X), X.T @ (means - y))
        alpha = 1.0
        while loss(w - alpha * step) > loss(w) and alpha > 1e-9:
            alpha /= 2
        w = w - alpha * step
    return w
