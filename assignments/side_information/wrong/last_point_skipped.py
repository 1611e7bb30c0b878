"""Stops one point too early."""

REPLACES = "leave_one_out_error"
FAILS = ["leave_one_out_error/least squares"]
HINT = "The last point is skipped."
FREQUENCY = "1 of 4 public solutions"


def leave_one_out_error(fit, x, y, gamma, *lams):
    K = rbf_kernel(x, x, gamma)
    errors = []
    for i in range(len(x) - 1):
        keep = np.delete(np.arange(len(x)), i)
        alpha = fit(K[np.ix_(keep, keep)], y[keep], *lams)
        errors.append((y[i] - alpha @ K[keep, i]) ** 2)
    return np.mean(errors)
