"""The batches are cut first and then shuffled."""

REPLACES = "batch_indices"
FAILS = ["batch_indices"]
HINT = "Shuffle first, then cut"


def batch_indices(num_images, batch_size, generator=None):
    batches = list(torch.arange(num_images).split(batch_size))
    if generator is None:
        return batches
    whole = [batch for batch in batches if len(batch) == batch_size]
    return [whole[i] for i in torch.randperm(len(whole), generator=generator)] + batches[len(whole):]
