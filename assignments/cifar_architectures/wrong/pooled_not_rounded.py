"""The formula of the published version."""

REPLACES = "pooled_size"
FAILS = ["pooled_size"]
HINT = "round down."


def pooled_size(p, N):
    return (33 - p) / N
