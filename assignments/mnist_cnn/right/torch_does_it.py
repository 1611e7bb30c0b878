"""torch's own batch norm and padding; numpy inside."""

REPLACES = ("batch_norm", "shift_images")


def batch_norm(x, gamma, beta, mean=None, var=None, eps=1e-5):
    return nn.functional.batch_norm(x, mean, var, gamma, beta, mean is None, 0.0, eps)


def shift_images(images, dx, dy):
    moved = []
    for image, right, down in zip(images, dx, dy):
        right, down = int(right), int(down)
        moved.append(F.pad(image, (right, -right, down, -down)) if max(abs(right), abs(down)) < min(image.shape[1:]) else
                     torch.from_numpy(ndimage.shift(image.numpy(), (0, down, right), order=0)))
    return torch.stack(moved)
