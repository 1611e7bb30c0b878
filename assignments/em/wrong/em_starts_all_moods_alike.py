"""Ignores W0 and starts every mood at the single fit: nothing breaks the symmetry."""

REPLACES = "em"
FAILS = ["em"]
HINT = "The first entry belongs to W0 and pi0"


def em(X, y, W0, pi0, num_iters):
    def log_likelihood(W, pi):
        log_means = X @ W.T
        a = np.log(pi) + y[:, None] * log_means - np.exp(log_means) - gammaln(y + 1)[:, None]
        m = a.max(axis=1)
        return np.sum(m + np.log(np.sum(np.exp(a - m[:, None]), axis=1)))

    W, pi = np.tile(fit_poisson(X, y), (len(pi0), 1)), pi0
    history = [log_likelihood(W, pi)]
    for _ in range(num_iters):
        R = e_step(X, y, W, pi)
        W, pi = m_step(X, y, R)
        history.append(log_likelihood(W, pi))
    return W, pi, R, history
