"""Shuffles first, as is good practice elsewhere; the question says not to, so that everyone gets the same folds."""

FAILS = ["cross_validate_k"]
HINT = "contiguous and not shuffled"
EDITS = {
    "for fold in np.array_split(np.arange(len(X)), num_folds):":
        "for fold in np.array_split(np.random.default_rng(0).permutation(len(X)), num_folds):",
}
