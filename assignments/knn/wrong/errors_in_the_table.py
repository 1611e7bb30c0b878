"""Collects error rates where accuracies were asked for."""

FAILS = ["cross_validate_k/the accuracies"]
HINT = "These are error rates"
EDITS = {
    "accuracies[k].append(float(np.mean(np.asarray(y_pred) == y[fold])))":
        "accuracies[k].append(float(np.mean(np.asarray(y_pred) != y[fold])))",
}
