"""Writes the 5 of the text into the code."""

FAILS = ["cross_validate_k"]
HINT = "Keep one accuracy for each of the num_folds folds"
EDITS = {
    "for fold in np.array_split(np.arange(len(X)), num_folds):":
        "for fold in np.array_split(np.arange(len(X)), 5):",
}
