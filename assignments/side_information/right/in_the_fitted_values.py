"""Solves for the coordinates of the fitted values: with K = LLᵀ, Kα = Lβ and αᵀKα = ‖β‖²."""

REPLACES = ("fit_total_variation", "fit_monotone")


def factor(K):
    values, vectors = np.linalg.eigh(K)
    keep = values > 1e-12 * values.max()
    return vectors[:, keep] * np.sqrt(values[keep]), vectors[:, keep] / np.sqrt(values[keep])


def fit_total_variation(K, y, lam1, lam2):
    L, back = factor(K)
    beta = cp.Variable(L.shape[1])
    cp.Problem(cp.Minimize(cp.sum_squares(L @ beta - y) + lam1 * cp.tv(L @ beta) + lam2 * cp.sum_squares(beta))).solve()
    return back @ beta.value


def fit_monotone(K, y, lam):
    L, back = factor(K)
    beta = cp.Variable(L.shape[1])
    problem = cp.Problem(cp.Minimize(cp.sum_squares(L @ beta - y) + lam * cp.sum_squares(beta)), [cp.diff(L @ beta) >= 0])
    problem.solve(solver=cp.OSQP, eps_abs=1e-7, eps_rel=1e-7, max_iter=200_000)
    return back @ beta.value
