"""The Huber loss of statistics books, ½r² for small residuals."""

REPLACES = "fit_huber"
FAILS = ["fit_huber"]
HINT = "The balance is off by 2"


def fit_huber(K, y, lam):
    alpha = cp.Variable(len(y))
    penalty = cp.quad_form(alpha, cp.psd_wrap(K))
    cp.Problem(cp.Minimize(0.5 * cp.sum(cp.huber(K @ alpha - y, 1)) + lam * penalty)).solve(solver=cp.CLARABEL)
    return alpha.value
