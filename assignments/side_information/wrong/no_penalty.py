"""Leaves the penalty out: the curve goes through every point."""

REPLACES = "fit_least_squares"
FAILS = ["fit_least_squares"]
HINT = "The fit goes through every point"


def fit_least_squares(K, y, lam):
    alpha = cp.Variable(len(y))
    cp.Problem(cp.Minimize(cp.sum_squares(K @ alpha - y))).solve(solver=cp.CLARABEL)
    return alpha.value
