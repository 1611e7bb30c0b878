"""Drops, and forgets to divide what is kept by 1 − p."""

REPLACES = "dropout"
FAILS = ["dropout"]
HINT = "not divided by 1 − p"
FREQUENCY = "1 of 15 public solutions"


def dropout(x, p, u, training):
    if not training:
        return x
    return x * (u >= p)
