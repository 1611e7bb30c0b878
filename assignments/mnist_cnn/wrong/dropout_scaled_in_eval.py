"""The first version of dropout: no division in training, a factor 1 − p afterwards."""

REPLACES = "dropout"
FAILS = ["dropout"]
HINT = "not divided by 1 − p"
FREQUENCY = "2 of 15 public solutions"


def dropout(x, p, u, training):
    if not training:
        return x * (1 - p)
    return x * (u >= p)
