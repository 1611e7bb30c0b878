"""Writes the constraint with the wrong sign."""

REPLACES = "fit_monotone"
FAILS = ["fit_monotone"]
HINT = "The constraint has the wrong sign"


def fit_monotone(K, y, lam):
    alpha = cp.Variable(len(y))
    penalty = cp.quad_form(alpha, cp.psd_wrap(K))
    falling = [difference_matrix(len(y)) @ K @ alpha <= 0]
    cp.Problem(cp.Minimize(cp.sum_squares(K @ alpha - y) + lam * penalty), falling).solve(solver=cp.CLARABEL)
    return alpha.value
