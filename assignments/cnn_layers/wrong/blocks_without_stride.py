"""Cuts the image into blocks by reshape and never looks at the stride."""

REPLACES = "max_pool_forward_naive"
FAILS = ["max_pool_forward_naive/windows that fit"]
HINT = "Is the stride used"


def max_pool_forward_naive(x, pool_param):
    ph, pw = pool_param["pool_height"], pool_param["pool_width"]
    N, C, H, W = x.shape
    h, w = H // ph, W // pw
    blocks = x[:, :, :h * ph, :w * pw].reshape(N, C, h, ph, w, pw)
    out = blocks.max(axis=5).max(axis=3)
    cache = (x, pool_param)
    return out, cache
