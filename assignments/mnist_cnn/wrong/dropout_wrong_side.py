"""The comparison points the wrong way: drops where u ≥ p."""

REPLACES = "dropout"
FAILS = ["dropout"]
HINT = "The wrong ones are dropped"
FREQUENCY = "1 of 15 public solutions"


def dropout(x, p, u, training):
    if not training:
        return x
    return torch.where(u < p, x / (1 - p), 0.0)
