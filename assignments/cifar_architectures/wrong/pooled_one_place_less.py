"""32 − p places."""

REPLACES = "pooled_size"
FAILS = ["pooled_size"]
HINT = "not 32 − p"


def pooled_size(p, N):
    return (32 - p) // N
