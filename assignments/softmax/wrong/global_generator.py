"""np.random.choice, as most examples on the web have it: the argument rng has no say."""

FAILS = ["train/the start and the random numbers"]
HINT = "All random numbers should come from `rng`"
EDITS = {
    "batch = rng.integers(0, num_images, size=batch_size)":
        "batch = np.random.choice(num_images, batch_size)",
}
