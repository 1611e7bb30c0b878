"""Returns the share that is right."""

REPLACES = "error_rate"
FAILS = ["error_rate"]
HINT = "This is the accuracy"


def error_rate(y_pred, y_true):
    return float(np.mean(np.asarray(y_pred) == np.asarray(y_true)))
