"""Lets SciPy do the work: its Poisson distribution, its optimiser, its softmax."""

from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

REPLACES = ("poisson_nll", "fit_poisson", "e_step", "em")


def poisson_nll(w, X, y):
    from scipy.stats import poisson
    return -poisson.logpmf(y, np.exp(X @ w)).sum()


def fit_poisson(X, y, sample_weight=None):
    s = np.ones(len(y)) if sample_weight is None else sample_weight / np.max(sample_weight)
    start = np.linalg.lstsq(X, np.log(y + 0.5), rcond=None)[0]
    value = lambda w: np.sum(s * (np.exp(X @ w) - y * (X @ w)))
    slope = lambda w: X.T @ (s * (np.exp(X @ w) - y))
    curve = lambda w: X.T @ ((s * np.exp(X @ w))[:, None] * X)
    return minimize(value, start, jac=slope, hess=curve, method="trust-exact", options={"gtol": 1e-8}).x


def e_step(X, y, W, pi):
    rates = X @ W.T
    return softmax(np.log(pi)[None] + y[:, None] * rates - np.exp(rates), axis=1)


def em(X, y, W0, pi0, num_iters):
    def total(W, pi):
        rates = X @ W.T
        return logsumexp(np.log(pi)[None] + y[:, None] * rates - np.exp(rates) - gammaln(y + 1)[:, None], axis=1).sum()

    W, pi, found = W0.copy(), pi0.copy(), np.zeros(num_iters + 1)
    found[0] = total(W, pi)
    for step in range(num_iters):
        R = e_step(X, y, W, pi)
        W, pi = m_step(X, y, R)
        found[step + 1] = total(W, pi)
    return [W, pi, R, found]
