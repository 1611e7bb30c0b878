"""Takes the weights of each M step and forgets its pi."""

REPLACES = "em"
FAILS = ["em/the iterations"]
HINT = "does the M step's pi get used?"


def em(X, y, W0, pi0, num_iters):
    def log_likelihood(W):
        log_means = X @ W.T
        a = np.log(pi0) + y[:, None] * log_means - np.exp(log_means) - gammaln(y + 1)[:, None]
        m = a.max(axis=1)
        return np.sum(m + np.log(np.sum(np.exp(a - m[:, None]), axis=1)))

    W, history = W0, [log_likelihood(W0)]
    for _ in range(num_iters):
        R = e_step(X, y, W, pi0)
        W, _ = m_step(X, y, R)
        history.append(log_likelihood(W))
    return W, pi0, R, history
