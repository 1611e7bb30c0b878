"""Divides by the size that the folds have in the notebook."""

FAILS = ["cross_validate_k/the accuracies"]
HINT = "how large are the folds of 10 examples"
EDITS = {
    "accuracies[k].append(float(np.mean(np.asarray(y_pred) == y[fold])))":
        "accuracies[k].append(float(np.sum(np.asarray(y_pred) == y[fold])) / 1000)",
}
