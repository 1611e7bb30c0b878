"""The number of different labels for the largest label plus 1: a class that happens to be absent shifts nothing, it breaks."""

FAILS = ["train/the start and the random numbers"]
HINT = "the largest label plus 1, not the number of different labels"
EDITS = {
    "self.W = 1e-4 * rng.standard_normal((int(np.max(y)) + 1, num_features))":
        "self.W = 1e-4 * rng.standard_normal((len(np.unique(y)), num_features))",
}
