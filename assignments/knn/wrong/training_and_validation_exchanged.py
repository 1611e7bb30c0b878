"""Trains on the one fold and validates on the four others."""

REPLACES = "cross_validate_k"
FAILS = ["cross_validate_k"]
HINT = "whole numbers"


def cross_validate_k(X, y, k_choices, num_folds=5):
    accuracies = {k: [] for k in k_choices}
    for fold in np.array_split(np.arange(len(X)), num_folds):
        classifier = KNN()
        classifier.train(X[fold], y[fold])
        dists = classifier.compute_L2_distances_vectorized(np.delete(X, fold, axis=0))
        for k in k_choices:
            accuracies[k].append(float(np.mean(np.asarray(classifier.predict_labels(dists, k)) == np.delete(y, fold))))
    return accuracies
