"""Leaves log y! out of the log-likelihood."""

REPLACES = "em"
FAILS = ["em/the log-likelihoods"]
HINT = "The term log y! is missing in the log-likelihood."


def em(X, y, W0, pi0, num_iters):
    def log_likelihood(W, pi):
        log_means = X @ W.T
        a = np.log(pi) + y[:, None] * log_means - np.exp(log_means)
        m = a.max(axis=1)
        return np.sum(m + np.log(np.sum(np.exp(a - m[:, None]), axis=1)))

    W, pi, history = W0, pi0, [log_likelihood(W0, pi0)]
    for _ in range(num_iters):
        R = e_step(X, y, W, pi)
        W, pi = m_step(X, y, R)
        history.append(log_likelihood(W, pi))
    return W, pi, R, history
