"""Fits without the constraint and lifts what falls."""

REPLACES = "fit_monotone"
FAILS = ["fit_monotone"]
HINT = "This fit was made monotone afterwards"


def fit_monotone(K, y, lam):
    fitted = np.maximum.accumulate(K @ np.linalg.solve(K + lam * np.eye(len(y)), y))
    return np.linalg.lstsq(K, fitted, rcond=None)[0]
