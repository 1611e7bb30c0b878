"""The present one minus the next."""

REPLACES = "difference_matrix"
FAILS = ["difference_matrix"]
HINT = "The sign is wrong: it is the next minus the present one."


def difference_matrix(n):
    return np.eye(n)[:-1] - np.eye(n, k=1)[:-1]
