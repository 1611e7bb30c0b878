"""Cuts folds of N // num_folds examples and gives what is left over to the last."""

FAILS = ["cross_validate_k/folds that differ in size"]
HINT = "whole numbers"
EDITS = {
    "for fold in np.array_split(np.arange(len(X)), num_folds):": """
size = len(X) // num_folds
for i in range(num_folds):
    fold = np.arange(i * size, (i + 1) * size if i < num_folds - 1 else len(X))
""",
}
