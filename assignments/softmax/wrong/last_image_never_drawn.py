"""Takes 1 off the upper end of rng.integers, which is no longer one of the numbers anyway."""

FAILS = ["train/the minibatches"]
HINT = "last image is never drawn"
EDITS = {"batch = rng.integers(0, num_images, size=batch_size)": "batch = rng.integers(0, num_images - 1, size=batch_size)"}
