"""An n × n matrix, with one row too many."""

REPLACES = "difference_matrix"
FAILS = ["difference_matrix"]
HINT = "There are n − 1 differences of n numbers."


def difference_matrix(n):
    return np.eye(n, k=1) - np.eye(n)
