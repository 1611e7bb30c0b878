"""Writes the 5 of the text into the code."""

FAILS = ["cross_validate_k/another number of folds"]
HINT = "Is the argument `num_folds` used?"
EDITS = {
    "for fold in np.array_split(np.arange(len(X)), num_folds):":
        "for fold in np.array_split(np.arange(len(X)), 5):",
}
