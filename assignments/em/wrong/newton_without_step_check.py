"""Always takes the whole Newton step, and only a few of them: fine near the minimum, far off for large counts."""

REPLACES = "fit_poisson"
FAILS = ["fit_poisson/counts up to thousands"]
HINT = "the first Newton step is much too long"


def fit_poisson(X, y, sample_weight=None):
    s = np.ones(len(y)) if sample_weight is None else sample_weight
    w = np.zeros(X.shape[1])
    for _ in range(25):
        means = np.exp(np.minimum(X @ w, 500))
        hessian = X.T @ ((s * means)[:, None] * X) + 1e-12 * np.eye(len(w))
        w = w - np.linalg.solve(hessian, X.T @ (s * (means - y)))
    return w
