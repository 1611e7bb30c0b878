"""Divides by the share that was kept this time, which hangs on all of u."""

REPLACES = "dropout"
FAILS = ["dropout"]
HINT = "kept this time"


def dropout(x, p, u, training):
    if not training:
        return x.clone()
    mask = (u >= p).float()
    kept = mask.mean()
    if kept == 0:
        return torch.zeros_like(x)
    return x * mask / kept
