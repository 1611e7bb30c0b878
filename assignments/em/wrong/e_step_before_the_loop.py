"""Computes the responsibilities once, before the loop: every iteration is the first one again."""

REPLACES = "em"
FAILS = ["em/the iterations"]
HINT = "does the E step stand outside of it"


def em(X, y, W0, pi0, num_iters):
    def log_likelihood(W, pi):
        eta = X @ W.T
        a = np.log(pi) + y[:, None] * eta - np.exp(eta) - gammaln(y + 1)[:, None]
        m = a.max(axis=1)
        return np.sum(m + np.log(np.exp(a - m[:, None]).sum(axis=1)))

    W, pi = W0.copy(), pi0.copy()
    R, history = e_step(X, y, W, pi), [log_likelihood(W, pi)]
    for _ in range(num_iters):
        W, pi = m_step(X, y, R)
        history.append(log_likelihood(W, pi))
    return W, pi, R, history
