"""Forgets the square."""

REPLACES = "rbf_kernel"
FAILS = ["rbf_kernel"]
HINT = "The difference should be squared."


def rbf_kernel(x, z, gamma):
    return np.exp(-gamma * np.abs(np.subtract.outer(x, z)))
