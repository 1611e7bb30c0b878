"""Gives the error in per cent, as one would say it."""

REPLACES = "error_rate"
FAILS = ["error_rate"]
HINT = "not per cent"


def error_rate(y_pred, y_true):
    return 100 * float(np.mean(np.asarray(y_pred) != np.asarray(y_true)))
