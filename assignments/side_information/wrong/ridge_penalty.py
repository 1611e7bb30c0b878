"""Penalises ‖α‖², as in ridge regression, in every fit."""

REPLACES = ("fit_least_squares", "fit_huber", "fit_total_variation", "fit_monotone")
FAILS = ["fit_least_squares", "fit_huber", "fit_total_variation", "fit_monotone"]
HINT = "The penalty looks like λ‖α‖²"


def fit_least_squares(K, y, lam):
    alpha = cp.Variable(len(y))
    cp.Problem(cp.Minimize(cp.sum_squares(K @ alpha - y) + lam * cp.sum_squares(alpha))).solve(solver=cp.CLARABEL)
    return alpha.value


def fit_huber(K, y, lam):
    alpha = cp.Variable(len(y))
    cp.Problem(cp.Minimize(cp.sum(cp.huber(K @ alpha - y)) + lam * cp.sum_squares(alpha))).solve(solver=cp.CLARABEL)
    return alpha.value


def fit_total_variation(K, y, lam1, lam2):
    alpha = cp.Variable(len(y))
    variation = cp.norm1(cp.diff(K @ alpha))
    cp.Problem(cp.Minimize(cp.sum_squares(K @ alpha - y) + lam1 * variation + lam2 * cp.sum_squares(alpha))).solve(solver=cp.CLARABEL)
    return alpha.value


def fit_monotone(K, y, lam):
    alpha = cp.Variable(len(y))
    cp.Problem(cp.Minimize(cp.sum_squares(K @ alpha - y) + lam * cp.sum_squares(alpha)), [cp.diff(K @ alpha) >= 0]).solve(solver=cp.CLARABEL)
    return alpha.value
