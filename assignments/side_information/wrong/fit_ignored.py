"""Uses the shortcut for least squares whatever the fit is."""

REPLACES = "leave_one_out_error"
FAILS = ["leave_one_out_error/any fit and its settings"]
HINT = "The function `fit` is not called."


def leave_one_out_error(fit, x, y, gamma, *lams):
    K = rbf_kernel(x, x, gamma)
    H = K @ np.linalg.inv(K + lams[0] * np.eye(len(x)))
    return np.mean(((y - H @ y) / (1 - np.diag(H))) ** 2)
