"""Gives K to quad_form as it is: where rounding made an eigenvalue negative, cvxpy refuses."""

REPLACES = "fit_least_squares"
FAILS = ["fit_least_squares"]
HINT = "Your code raised"


def fit_least_squares(K, y, lam):
    alpha = cp.Variable(len(y))
    cp.Problem(cp.Minimize(cp.sum_squares(K @ alpha - y) + lam * cp.quad_form(alpha, K))).solve(solver=cp.CLARABEL)
    return alpha.value
