"""Brings the channels to the front, and at the end reshapes without bringing the axes back."""

REPLACES = "batch_norm"
FAILS = ["batch_norm"]
HINT = "Images and channels are mixed"


def batch_norm(x, gamma, beta, mean=None, var=None, eps=1e-5):
    N, C, H, W = x.shape
    rows = x.transpose(0, 1).reshape(C, N * H * W)
    if mean is None:
        mean = rows.mean(dim=1)
        var = ((rows - mean[:, None]) ** 2).mean(dim=1)
    rows = (rows - mean[:, None]) / (var[:, None] + eps).sqrt()
    rows = gamma[:, None] * rows + beta[:, None]
    return rows.reshape(N, C, H, W)
