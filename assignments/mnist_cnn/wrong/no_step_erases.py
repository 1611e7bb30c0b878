"""Blanks what came round with a slice that is the whole image where the step is 0."""

REPLACES = "shift_images"
FAILS = ["shift_images"]
HINT = "whose step is 0"


def shift_images(images, dx, dy):
    result = []
    for img, a, b in zip(images, dx.tolist(), dy.tolist()):
        moved = torch.roll(img, shifts=(b, a), dims=(1, 2))
        if b > 0:
            moved[:, :b, :] = 0
        else:
            moved[:, b:, :] = 0
        if a > 0:
            moved[:, :, :a] = 0
        else:
            moved[:, :, a:] = 0
        result.append(moved)
    return torch.stack(result)
