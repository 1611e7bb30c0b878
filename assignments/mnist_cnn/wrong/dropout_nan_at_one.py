"""Multiplies by the mask after the division: at p = 1 that is 0 times infinity."""

REPLACES = "dropout"
FAILS = ["dropout"]
HINT = "At p = 1 there is nothing to divide"


def dropout(x, p, u, training):
    if not training:
        return x
    return x / (1 - p) * (u >= p) if p < 1 else x / 0.0 * (u >= p)
