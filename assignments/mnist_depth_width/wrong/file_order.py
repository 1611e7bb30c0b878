"""Leaves the images in their order."""

FAILS = ["train_epoch"]
HINT = "the same order"
EDITS = {
    "for batch in torch.randperm(len(labels)).split(batch_size):":
        "for batch in torch.arange(len(labels)).split(batch_size):",
}
