"""Throws away the point with the largest residual and fits the others, instead of the Huber loss."""

REPLACES = "fit_huber"
FAILS = ["fit_huber"]
HINT = "the sum over all points"


def fit_huber(K, y, lam):
    first = K @ np.linalg.solve(K + lam * np.eye(len(y)), y)
    keep = np.arange(len(y)) != np.argmax(np.abs(y - first))
    alpha = np.zeros(len(y))
    alpha[keep] = np.linalg.solve(K[np.ix_(keep, keep)] + lam * np.eye(keep.sum()), y[keep])
    return alpha
