"""Averages the data term over the points, as losses elsewhere do."""

REPLACES = "fit_least_squares"
FAILS = ["fit_least_squares"]
HINT = "The data term looks like a mean"


def fit_least_squares(K, y, lam):
    alpha = cp.Variable(len(y))
    penalty = cp.quad_form(alpha, cp.psd_wrap(K))
    cp.Problem(cp.Minimize(cp.sum_squares(K @ alpha - y) / len(y) + lam * penalty)).solve(solver=cp.CLARABEL)
    return alpha.value
