"""Takes x for the first axis of the image, which is the rows."""

REPLACES = "shift_images"
FAILS = ["shift_images"]
HINT = "dx and dy are exchanged"


def shift_images(images, dx, dy):
    N, _, H, W = images.shape
    result = torch.zeros_like(images)
    for i, (down, right) in enumerate(zip(dx.tolist(), dy.tolist())):
        if abs(down) < H and abs(right) < W:
            result[i, 0, max(down, 0):H + min(down, 0), max(right, 0):W + min(right, 0)] = \
                images[i, 0, max(-down, 0):H + min(-down, 0), max(-right, 0):W + min(-right, 0)]
    return result
