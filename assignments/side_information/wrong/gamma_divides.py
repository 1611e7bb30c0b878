"""Takes γ for a width: exp(−d²/γ)."""

REPLACES = "rbf_kernel"
FAILS = ["rbf_kernel"]
HINT = "γ multiplies the square, it doesn't divide it"


def rbf_kernel(x, z, gamma):
    return np.exp(-np.subtract.outer(x, z) ** 2 / gamma)
