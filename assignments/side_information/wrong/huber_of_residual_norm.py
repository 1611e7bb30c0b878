"""Takes the Huber loss of the norm of all residuals, not of each one."""

REPLACES = "fit_huber"
FAILS = ["fit_huber"]
HINT = "what is wrong is the loss of large ones"


def fit_huber(K, y, lam):
    alpha = cp.Variable(len(y))
    penalty = cp.quad_form(alpha, cp.psd_wrap(K))
    cp.Problem(cp.Minimize(cp.huber(cp.norm(K @ alpha - y)) + lam * penalty)).solve(solver=cp.CLARABEL)
    return alpha.value
