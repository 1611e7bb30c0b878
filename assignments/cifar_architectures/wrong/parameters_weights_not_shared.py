"""Counts the weights again at each place."""

REPLACES = "num_parameters"
FAILS = ["num_parameters"]
HINT = "are shared"


def num_parameters(M, p, N):
    inputs = M * ((33 - p) // N) ** 2
    return M * (3 * p * p + 1) * (33 - p) ** 2 + 10 * (inputs + 1)
