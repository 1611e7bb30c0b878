"""Takes p for the share that is kept when it divides."""

REPLACES = "dropout"
FAILS = ["dropout"]
HINT = "divided by p"
FREQUENCY = "1 of 15 public solutions"


def dropout(x, p, u, training):
    if not training or p == 0:
        return x
    return torch.where(u < p, 0.0, x / p)
