"""Solves by hand, and takes Kα for the derivative of αᵀKα, without the 2."""

REPLACES = "fit_least_squares"
FAILS = ["fit_least_squares"]
HINT = "counts half"


def fit_least_squares(K, y, lam):
    # gradient: 2 K (K a - y) + lam K a = 0   =>   (2 K K + lam K) a = 2 K y
    A = 2 * K @ K + lam * K
    rhs = 2 * K @ y
    a, *_ = np.linalg.lstsq(A, rhs, rcond=None)
    return a
