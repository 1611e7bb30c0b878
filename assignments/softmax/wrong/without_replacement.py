"""rng.permutation: no image twice in a batch, which also fails when there are fewer images than the batch wants."""

FAILS = ["train/the minibatches"]
HINT = "with replacement"
EDITS = {
    "batch = rng.integers(0, num_images, size=batch_size)":
        "batch = rng.permutation(num_images)[:batch_size]",
}
