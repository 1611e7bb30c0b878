"""Penalises squared differences."""

REPLACES = "fit_total_variation"
FAILS = ["fit_total_variation"]
HINT = "This is the sum of the *squared* differences"


def fit_total_variation(K, y, lam1, lam2):
    alpha = cp.Variable(len(y))
    penalty = cp.quad_form(alpha, cp.psd_wrap(K))
    objective = cp.sum_squares(K @ alpha - y) + lam1 * cp.sum_squares(difference_matrix(len(y)) @ K @ alpha) + lam2 * penalty
    cp.Problem(cp.Minimize(objective)).solve(solver=cp.CLARABEL)
    return alpha.value
