"""x.var() divides by n − 1 unless told otherwise."""

REPLACES = "batch_norm"
FAILS = ["batch_norm"]
HINT = "unbiased=False"


def batch_norm(x, gamma, beta, mean=None, var=None, eps=1e-5):
    if mean is None:
        mean = x.mean(dim=(0, 2, 3), keepdim=True)
        var = x.var(dim=(0, 2, 3), keepdim=True)
    else:
        mean, var = mean[:, None, None], var[:, None, None]
    normal = (x - mean) / torch.sqrt(var + eps)
    return gamma[:, None, None] * normal + beta[:, None, None]
