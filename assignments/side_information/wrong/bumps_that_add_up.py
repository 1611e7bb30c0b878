"""Divides each row of the kernel by its sum, as for weights of a mean."""

REPLACES = "rbf_kernel"
FAILS = ["rbf_kernel"]
HINT = "is it divided by its sum"


def rbf_kernel(x, z, gamma):
    K = np.exp(-gamma * np.subtract.outer(np.asarray(x, dtype=float), z) ** 2)
    return K / K.sum(axis=1, keepdims=True)
