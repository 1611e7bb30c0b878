"""Adds eps to the standard deviation."""

REPLACES = "batch_norm"
FAILS = ["batch_norm"]
HINT = "it belongs inside"
FREQUENCY = "1 of 15 public solutions"


def batch_norm(x, gamma, beta, mean=None, var=None, eps=1e-5):
    if mean is None:
        mean = x.mean(dim=(0, 2, 3), keepdim=True)
        var = x.var(dim=(0, 2, 3), keepdim=True, unbiased=False)
    else:
        mean, var = mean[:, None, None], var[:, None, None]
    normal = (x - mean) / (torch.sqrt(var) + eps)
    return gamma[:, None, None] * normal + beta[:, None, None]
