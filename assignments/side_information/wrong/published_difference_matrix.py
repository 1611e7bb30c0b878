"""The published matrix: its first row gives z₁, and the last difference is missing."""

REPLACES = "difference_matrix"
FAILS = ["difference_matrix"]
HINT = "The first row gives z₁ itself"
FREQUENCY = "1 of 4 public solutions"


def difference_matrix(n):
    return np.eye(n)[:n - 1] - np.eye(n, k=-1)[:n - 1]
