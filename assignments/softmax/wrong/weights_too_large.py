"""Standard normal weights: the classifier begins sure of itself and wrong."""

FAILS = ["train/the start and the random numbers"]
HINT = "The initial weights are not small"
EDITS = {
    "self.W = 1e-4 * rng.standard_normal((int(np.max(y)) + 1, num_features))":
        "self.W = rng.standard_normal((int(np.max(y)) + 1, num_features))",
}
