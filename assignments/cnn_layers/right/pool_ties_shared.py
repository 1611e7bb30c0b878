"""Shares the gradient of a tie equally among the winners, which is a subgradient too; keeps masks in a list."""

REPLACES = ("max_pool_forward_naive", "max_pool_backward_naive")


def max_pool_forward_naive(x, pool_param):
    p, q, s = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, H, W = x.shape
    out = np.full((N, C, (H - p) // s + 1, (W - q) // s + 1), -np.inf)
    masks = []
    for i, j in np.ndindex(*out.shape[2:]):
        window = x[:, :, s * i:s * i + p, s * j:s * j + q]
        out[:, :, i, j] = np.amax(window, axis=(-2, -1))
        mask = (window == out[:, :, i, j][..., None, None]).astype(float)
        masks.append((i * s, j * s, mask / mask.sum(axis=(-2, -1), keepdims=True)))
    return out, [x.shape, masks]


def max_pool_backward_naive(dout, cache):
    shape, masks = cache
    dx = np.zeros(shape)
    for (row, column, mask), upstream in zip(masks, np.moveaxis(dout, (0, 1), (2, 3)).reshape(-1, *dout.shape[:2])):
        dx[:, :, row:row + mask.shape[2], column:column + mask.shape[3]] += upstream[..., None, None] * mask
    return dx
