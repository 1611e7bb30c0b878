"""Fits all points once and looks at the residuals."""

REPLACES = "leave_one_out_error"
FAILS = ["leave_one_out_error/least squares"]
HINT = "the point must be left out of the fit"


def leave_one_out_error(fit, x, y, gamma, *lams):
    K = rbf_kernel(x, x, gamma)
    return np.mean((y - K @ fit(K, y, *lams)) ** 2)
