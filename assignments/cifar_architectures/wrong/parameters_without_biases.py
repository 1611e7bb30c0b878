"""No biases."""

REPLACES = "num_parameters"
FAILS = ["num_parameters"]
HINT = "has a bias, and so has each score"


def num_parameters(M, p, N):
    inputs = M * ((33 - p) // N) ** 2
    return M * 3 * p * p + 10 * inputs
