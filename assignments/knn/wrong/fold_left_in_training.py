"""Trains on everything: each validation image finds itself."""

REPLACES = "cross_validate_k"
FAILS = ["cross_validate_k/the accuracies"]
HINT = "each image finds itself"


def cross_validate_k(X, y, k_choices, num_folds=5):
    accuracies = {k: [] for k in k_choices}
    classifier = KNN()
    classifier.train(X, y)
    for fold in np.array_split(np.arange(len(X)), num_folds):
        dists = classifier.compute_L2_distances_vectorized(X[fold])
        for k in k_choices:
            accuracies[k].append(float(np.mean(np.asarray(classifier.predict_labels(dists, k)) == y[fold])))
    return accuracies
