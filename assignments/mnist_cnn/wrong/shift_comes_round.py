"""torch.roll: what leaves on one side comes in on the other."""

REPLACES = "shift_images"
FAILS = ["shift_images"]
HINT = "comes in again on the other side"


def shift_images(images, dx, dy):
    return torch.stack([torch.roll(image, (int(down), int(right)), dims=(1, 2)) for image, right, down in zip(images, dx, dy)])
