"""A bias for each colour of each kernel."""

REPLACES = "num_parameters"
FAILS = ["num_parameters"]
HINT = "not one for each colour"


def num_parameters(M, p, N):
    inputs = M * ((33 - p) // N) ** 2
    return M * 3 * (p * p + 1) + 10 * (inputs + 1)
