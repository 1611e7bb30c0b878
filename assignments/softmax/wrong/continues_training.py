"""W is made only if there is none yet, so a second call goes on from where the first one ended."""

FAILS = ["train/the start and the random numbers"]
HINT = "Every call of `train` begins anew"
EDITS = {
    "self.W = 1e-4 * rng.standard_normal((int(np.max(y)) + 1, num_features))": """
if self.W is None:
    self.W = 1e-4 * rng.standard_normal((int(np.max(y)) + 1, num_features))
""",
}
