"""Averages the difference of the labels, as one would for a regression."""

REPLACES = "error_rate"
FAILS = ["error_rate"]
HINT = "errors in two directions must not cancel"


def error_rate(y_pred, y_true):
    return abs(float(np.mean(np.asarray(y_pred, dtype=float) - np.asarray(y_true, dtype=float))))
