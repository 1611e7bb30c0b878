"""Writes 1e-5 where eps is passed."""

REPLACES = "batch_norm"
FAILS = ["batch_norm"]
HINT = "that is passed is not used"
FREQUENCY = "1 of 15 public solutions"


def batch_norm(x, gamma, beta, mean=None, var=None, eps=1e-5):
    if mean is None:
        mean = x.mean(dim=(0, 2, 3), keepdim=True)
        var = x.var(dim=(0, 2, 3), keepdim=True, unbiased=False)
    else:
        mean, var = mean[:, None, None], var[:, None, None]
    normal = (x - mean) / torch.sqrt(var + 1e-5)
    return gamma[:, None, None] * normal + beta[:, None, None]
