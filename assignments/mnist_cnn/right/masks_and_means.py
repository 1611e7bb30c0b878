"""Dropout as a product with a mask, batch norm by sums and einsum, shifts by a loop over slices."""

REPLACES = ("dropout", "batch_norm", "shift_images")


def dropout(x, p, u, training):
    if not training or p == 0:
        return x.clone()
    kept = (u >= p).to(x.dtype)
    return x * kept / max(1 - p, 1e-12)


def batch_norm(x, gamma, beta, mean=None, var=None, eps=1e-5):
    if mean is None:
        n = x.numel() / x.shape[1]
        mean = torch.einsum("nchw->c", x) / n
        var = torch.einsum("nchw,nchw->c", x - mean.view(1, -1, 1, 1), x - mean.view(1, -1, 1, 1)) / n
    a = gamma * (var + eps) ** -0.5
    return (x.movedim(1, -1) * a + (beta - mean * a)).movedim(-1, 1)


def shift_images(images, dx, dy):
    N, _, H, W = images.shape
    result = torch.zeros_like(images)
    for i, (right, down) in enumerate(zip(dx.tolist(), dy.tolist())):
        if abs(down) < H and abs(right) < W:
            result[i, 0, max(down, 0):H + min(down, 0), max(right, 0):W + min(right, 0)] = \
                images[i, 0, max(-down, 0):H + min(-down, 0), max(-right, 0):W + min(-right, 0)]
    return result
