"""Shuffles first, as is good practice elsewhere; the question says not to, so that everyone gets the same folds."""

REPLACES = "cross_validate_k"
FAILS = ["cross_validate_k"]
HINT = "contiguous and not shuffled"


def cross_validate_k(X, y, k_choices, num_folds=5):
    accuracies = {k: [] for k in k_choices}
    for fold in np.array_split(np.random.default_rng(0).permutation(len(X)), num_folds):
        classifier = KNN()
        classifier.train(np.delete(X, fold, axis=0), np.delete(y, fold))
        dists = classifier.compute_L2_distances_vectorized(X[fold])
        for k in k_choices:
            accuracies[k].append(float(np.mean(np.asarray(classifier.predict_labels(dists, k)) == y[fold])))
    return accuracies
