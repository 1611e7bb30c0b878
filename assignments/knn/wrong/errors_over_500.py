"""Divides by the number of test images of the notebook."""

REPLACES = "error_rate"
FAILS = ["error_rate"]
HINT = "divided by 500"


def error_rate(y_pred, y_true):
    return float(np.sum(np.asarray(y_pred) != np.asarray(y_true))) / 500
