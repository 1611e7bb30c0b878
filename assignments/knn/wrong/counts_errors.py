"""Forgets to divide by the number of labels."""

REPLACES = "error_rate"
FAILS = ["error_rate"]
HINT = "This is the number of errors"


def error_rate(y_pred, y_true):
    return float(np.sum(np.asarray(y_pred) != np.asarray(y_true)))
