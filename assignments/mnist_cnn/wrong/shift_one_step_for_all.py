"""Moves the whole batch by the step of its first image."""

REPLACES = "shift_images"
FAILS = ["shift_images"]
HINT = "the step of the first"


def shift_images(images, dx, dy):
    N, _, H, W = images.shape
    right, down = int(dx[0]), int(dy[0])
    result = torch.zeros_like(images)
    if abs(down) < H and abs(right) < W:
        result[:, 0, max(down, 0):H + min(down, 0), max(right, 0):W + min(right, 0)] = \
            images[:, 0, max(-down, 0):H + min(-down, 0), max(-right, 0):W + min(-right, 0)]
    return result
