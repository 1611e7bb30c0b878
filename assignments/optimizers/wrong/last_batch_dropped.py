"""Whole batches only: the original loop ran over range(n // batch_size)."""

REPLACES = "batch_indices"
FAILS = ["batch_indices"]
HINT = "its images would never be seen"


def batch_indices(num_images, batch_size, generator=None):
    order = torch.arange(num_images) if generator is None else torch.randperm(num_images, generator=generator)
    return [order[i * batch_size:(i + 1) * batch_size] for i in range(num_images // batch_size)]
