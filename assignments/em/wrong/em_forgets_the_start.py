"""Records the log-likelihood only after each iteration."""

REPLACES = "em"
FAILS = ["em/the log-likelihoods"]
HINT = "One before the first iteration, and one after each."


def em(X, y, W0, pi0, num_iters):
    W, pi, history = W0, pi0, []
    for _ in range(num_iters):
        R = e_step(X, y, W, pi)
        W, pi = m_step(X, y, R)
        log_means = X @ W.T
        a = np.log(pi) + y[:, None] * log_means - np.exp(log_means) - gammaln(y + 1)[:, None]
        m = a.max(axis=1)
        history.append(np.sum(m + np.log(np.sum(np.exp(a - m[:, None]), axis=1))))
    return W, pi, R, history
