"""Divides in training and multiplies in eval mode as well."""

REPLACES = "dropout"
FAILS = ["dropout"]
HINT = "once too often"


def dropout(x, p, u, training):
    if not training:
        return x * (1 - p)
    return torch.where(u < p, 0.0, x / (1 - p)) if p < 1 else torch.zeros_like(x)
