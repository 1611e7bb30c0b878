"""Multiplies y by the weights: the other half of each term stays unweighted."""

from scipy.optimize import minimize

REPLACES = "fit_poisson"
FAILS = ["fit_poisson-weights"]
HINT = "The weights multiply the counts only"


def fit_poisson(X, y, sample_weight=None):
    counts = y if sample_weight is None else y * sample_weight
    start = np.linalg.lstsq(X, np.log(counts + 1.0), rcond=None)[0]
    scale = 1 / (1 + np.sum(counts))
    value = lambda w: scale * np.sum(np.exp(X @ w) - counts * (X @ w))
    slope = lambda w: scale * X.T @ (np.exp(X @ w) - counts)
    return minimize(value, start, jac=slope, method="BFGS", options={"gtol": 1e-9}).x
