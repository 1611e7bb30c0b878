"""Fits a line to log(y + 1): near the right weights, but not the maximum of the likelihood."""

REPLACES = "fit_poisson"
FAILS = ["fit_poisson/counts up to dozens"]
HINT = "This is the least-squares fit of log(y + 1)"


def fit_poisson(X, y, sample_weight=None):
    s = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight)
    root = np.sqrt(s)
    return np.linalg.lstsq(root[:, None] * X, root * np.log(y + 1), rcond=None)[0]
