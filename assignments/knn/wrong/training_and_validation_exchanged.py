"""Trains on the one fold and validates on the four others."""

FAILS = ["cross_validate_k/the accuracies"]
HINT = "whole numbers"
EDITS = {
    "classifier.train(np.delete(X, fold, axis=0), np.delete(y, fold))": "classifier.train(X[fold], y[fold])",
    "dists = classifier.compute_L2_distances_vectorized(X[fold])":
        "dists = classifier.compute_L2_distances_vectorized(np.delete(X, fold, axis=0))",
    "accuracies[k].append(float(np.mean(np.asarray(y_pred) == y[fold])))":
        "accuracies[k].append(float(np.mean(np.asarray(y_pred) == np.delete(y, fold))))",
}
