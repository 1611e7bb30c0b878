"""The three colours are forgotten."""

REPLACES = "num_parameters"
FAILS = ["num_parameters"]
HINT = "all three colours"


def num_parameters(M, p, N):
    inputs = M * ((33 - p) // N) ** 2
    return M * (p * p + 1) + 10 * (inputs + 1)
