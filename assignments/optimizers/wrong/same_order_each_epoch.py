"""A seed in the function, for repeatability: then every epoch is the same."""

REPLACES = "batch_indices"
FAILS = ["batch_indices"]
HINT = "set no seed in the function"


def batch_indices(num_images, batch_size, generator=None):
    order = torch.arange(num_images) if generator is None else torch.randperm(num_images, generator=torch.Generator().manual_seed(0))
    return list(order.split(batch_size))
