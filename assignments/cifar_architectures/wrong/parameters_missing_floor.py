"""The published formula."""

REPLACES = "num_parameters"
FAILS = ["num_parameters"]
HINT = "before you square it"


def num_parameters(M, p, N):
    return M * (3 * p * p + 1) + 10 * (int(M * ((33 - p) / N) ** 2) + 1)
