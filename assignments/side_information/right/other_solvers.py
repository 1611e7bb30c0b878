"""Splitting solvers, the Huber loss written out with two variables, total variation as a linear bound."""

REPLACES = ("fit_least_squares", "fit_huber", "fit_total_variation", "fit_monotone")


def fit_least_squares(K, y, lam):
    alpha = cp.Variable(len(y))
    cp.Problem(cp.Minimize(cp.sum_squares(y - K @ alpha) + lam * cp.quad_form(alpha, K, assume_PSD=True))).solve(solver=cp.OSQP, eps_abs=1e-6, eps_rel=1e-6, max_iter=100_000)
    return alpha.value


def fit_huber(K, y, lam):
    alpha, outliers = cp.Variable(len(y)), cp.Variable(len(y))
    data_term = cp.sum_squares(K @ alpha - y - outliers) + 2 * cp.norm1(outliers)
    cp.Problem(cp.Minimize(data_term + lam * cp.quad_form(alpha, cp.psd_wrap(K)))).solve()
    return alpha.value


def fit_total_variation(K, y, lam1, lam2):
    n = len(y)
    alpha, height = cp.Variable(n), cp.Variable(n - 1)
    jumps = (K @ alpha)[1:] - (K @ alpha)[:-1]
    objective = cp.sum_squares(K @ alpha - y) + lam1 * cp.sum(height) + lam2 * cp.quad_form(alpha, cp.psd_wrap(K))
    cp.Problem(cp.Minimize(objective), [jumps <= height, -jumps <= height]).solve(solver=cp.SCS, eps=1e-7, max_iters=100_000)
    return alpha.value


def fit_monotone(K, y, lam):
    alpha = cp.Variable((len(y), 1))
    objective = cp.sum_squares(K @ alpha - y[:, None]) + lam * cp.quad_form(alpha, cp.psd_wrap(K))
    cp.Problem(cp.Minimize(objective), [(K @ alpha)[i, 0] <= (K @ alpha)[i + 1, 0] for i in range(len(y) - 1)]).solve()
    return alpha.value[:, 0]
