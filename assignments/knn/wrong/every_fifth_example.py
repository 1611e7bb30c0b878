"""Deals the examples out to the folds like cards."""

REPLACES = "cross_validate_k"
FAILS = ["cross_validate_k"]
HINT = "Folds should be contiguous"


def cross_validate_k(X, y, k_choices, num_folds=5):
    accuracies = {k: [] for k in k_choices}
    for i in range(num_folds):
        fold = np.arange(i, len(X), num_folds)
        classifier = KNN()
        classifier.train(np.delete(X, fold, axis=0), np.delete(y, fold))
        dists = classifier.compute_L2_distances_vectorized(X[fold])
        for k in k_choices:
            accuracies[k].append(float(np.mean(np.asarray(classifier.predict_labels(dists, k)) == y[fold])))
    return accuracies
