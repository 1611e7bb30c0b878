"""Reads from row r + dy: the image moves up."""

REPLACES = "shift_images"
FAILS = ["shift_images"]
HINT = "The images move the wrong way"


def shift_images(images, dx, dy):
    N, _, H, W = images.shape
    result = torch.zeros_like(images)
    for i, (right, down) in enumerate(zip((-dx).tolist(), (-dy).tolist())):
        if abs(down) < H and abs(right) < W:
            result[i, 0, max(down, 0):H + min(down, 0), max(right, 0):W + min(right, 0)] = \
                images[i, 0, max(-down, 0):H + min(-down, 0), max(-right, 0):W + min(-right, 0)]
    return result
