"""Thinks of a convolution that keeps the size."""

REPLACES = "pooled_size"
FAILS = ["pooled_size"]
HINT = "There is no padding"


def pooled_size(p, N):
    return 32 // N
