"""Ignores `training`: drops in eval mode as well."""

REPLACES = "dropout"
FAILS = ["dropout"]
HINT = "In eval mode values are dropped"


def dropout(x, p, u, training):
    if p == 1:
        return torch.zeros_like(x)
    return torch.where(u < p, 0.0, x / (1 - p))
