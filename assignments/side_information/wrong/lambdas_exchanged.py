"""Exchanges λ₁ and λ₂."""

REPLACES = "fit_total_variation"
FAILS = ["fit_total_variation"]
HINT = "λ₁ belongs to the 1-norm"


def fit_total_variation(K, y, lam1, lam2):
    alpha = cp.Variable(len(y))
    penalty = cp.quad_form(alpha, cp.psd_wrap(K))
    objective = cp.sum_squares(K @ alpha - y) + lam2 * cp.norm1(difference_matrix(len(y)) @ K @ alpha) + lam1 * penalty
    cp.Problem(cp.Minimize(objective)).solve(solver=cp.CLARABEL)
    return alpha.value
