"""Windows that hang over the edge are counted."""

REPLACES = "pooled_size"
FAILS = ["pooled_size"]
HINT = "nor to the nearest"


def pooled_size(p, N):
    return -(-(33 - p) // N)
