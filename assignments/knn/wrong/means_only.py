"""Keeps the mean of the folds, not the folds."""

REPLACES = "cross_validate_k"
FAILS = ["cross_validate_k/the accuracies"]
HINT = "Keep one accuracy for each of the num_folds folds"


def cross_validate_k(X, y, k_choices, num_folds=5):
    accuracies = {k: [] for k in k_choices}
    for fold in np.array_split(np.arange(len(X)), num_folds):
        classifier = KNN()
        classifier.train(np.delete(X, fold, axis=0), np.delete(y, fold))
        dists = classifier.compute_L2_distances_vectorized(X[fold])
        for k in k_choices:
            accuracies[k].append(float(np.mean(np.asarray(classifier.predict_labels(dists, k)) == y[fold])))
    return {k: float(np.mean(values)) for k, values in accuracies.items()}
