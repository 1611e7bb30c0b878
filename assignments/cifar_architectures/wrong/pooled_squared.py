"""All windows instead of a side."""

REPLACES = "pooled_size"
FAILS = ["pooled_size"]
HINT = "asks for the side"


def pooled_size(p, N):
    return ((33 - p) // N) ** 2
