"""Always takes the batch's own statistics: in eval mode an image then depends on its neighbours."""

REPLACES = "batch_norm"
FAILS = ["batch_norm"]
HINT = "although others are given"


def batch_norm(x, gamma, beta, mean=None, var=None, eps=1e-5):
    if True:
        mean = x.mean(dim=(0, 2, 3), keepdim=True)
        var = x.var(dim=(0, 2, 3), keepdim=True, unbiased=False)
    else:
        mean, var = mean[:, None, None], var[:, None, None]
    normal = (x - mean) / torch.sqrt(var + eps)
    return gamma[:, None, None] * normal + beta[:, None, None]
