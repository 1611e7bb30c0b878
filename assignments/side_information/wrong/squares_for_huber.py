"""Leaves the squares where the Huber loss should be."""

REPLACES = "fit_huber"
FAILS = ["fit_huber"]
HINT = "This is the least-squares fit: where is the Huber loss?"


def fit_huber(K, y, lam):
    return fit_least_squares(K, y, lam)
