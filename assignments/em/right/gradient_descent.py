"""Gradient descent with a step check in scaled coordinates instead of Newton's method."""

REPLACES = "fit_poisson"


def fit_poisson(X, y, sample_weight=None):
    s = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight)
    s = s / s.sum()
    Q, T = np.linalg.qr(np.sqrt(s)[:, None] * X)           # in these coordinates the features are uncorrelated
    Z = X @ np.linalg.inv(T)
    mean = s @ y
    v = np.linalg.lstsq(Z, np.log(y + 0.5), rcond=None)[0]
    loss = lambda v: s @ (np.exp(np.minimum(Z @ v, 600)) - y * (Z @ v)) / mean
    rate = 1.0
    for _ in range(3000):
        slope = Z.T @ (s * (np.exp(Z @ v) - y)) / mean
        if np.linalg.norm(slope) < 1e-8 or rate < 1e-9:
            break
        rate = min(2 * rate, 1e6)
        while loss(v - rate * slope) > loss(v) - 0.5 * rate * slope @ slope and rate > 1e-9:
            rate /= 2
        v = v - rate * slope
    return np.linalg.solve(T, v)
