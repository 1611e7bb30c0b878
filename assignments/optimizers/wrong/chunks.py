"""torch.chunk makes parts of about equal size, not full batches and a rest."""

REPLACES = "batch_indices"
FAILS = ["batch_indices"]
HINT = "about equally large"


def batch_indices(num_images, batch_size, generator=None):
    import math

    if generator is not None:
        idx = torch.randperm(num_images, generator=generator)
    else:
        idx = torch.arange(num_images)
    return list(torch.chunk(idx, math.ceil(num_images / batch_size)))
