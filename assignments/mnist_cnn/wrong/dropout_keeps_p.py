"""p as the probability to keep, as some other libraries have it."""

REPLACES = "dropout"
FAILS = ["dropout"]
HINT = "The wrong ones are dropped ("


def dropout(x, p, u, training):
    if not training:
        return x
    if p == 0:
        return torch.zeros_like(x)
    return torch.where(u < p, x / p, 0.0)
