"""Computes y! before its logarithm: right for small counts, infinite from 171 on."""

from scipy.special import factorial

REPLACES = "poisson_nll"
FAILS = ["poisson_nll/large counts and many songs"]
HINT = "compute log y! without computing y!"


def poisson_nll(w, X, y):
    means = np.exp(X @ w)
    return -np.sum(np.log(means ** y * np.exp(-means) / factorial(y)))
