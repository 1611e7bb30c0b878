"""Deals the examples out to the folds like cards."""

FAILS = ["cross_validate_k/the accuracies"]
HINT = "Folds should be contiguous"
EDITS = {
    "for fold in np.array_split(np.arange(len(X)), num_folds):": """
for i in range(num_folds):
    fold = np.arange(i, len(X), num_folds)
""",
}
