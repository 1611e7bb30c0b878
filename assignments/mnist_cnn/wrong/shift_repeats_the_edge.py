"""Clamps the row and column numbers, so the edge is repeated; on MNIST, whose edges are black, nobody sees it."""

REPLACES = "shift_images"
FAILS = ["shift_images"]
HINT = "is repeated"


def shift_images(images, dx, dy):
    N, _, H, W = images.shape
    rows = (torch.arange(H) - dy[:, None]).clamp(0, H - 1)
    columns = (torch.arange(W) - dx[:, None]).clamp(0, W - 1)
    return images[torch.arange(N)[:, None, None], 0, rows[:, :, None], columns[:, None, :]][:, None]
