"""Rounded to the nearest integer."""

REPLACES = "pooled_size"
FAILS = ["pooled_size"]
HINT = "nor to the nearest"


def pooled_size(p, N):
    return round((33 - p) / N)
