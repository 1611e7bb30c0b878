"""Computes the distances of all pairs once and cuts the folds out of that matrix."""

REPLACES = "cross_validate_k"


def cross_validate_k(X, y, k_choices, num_folds=5):
    everything = KNN()
    everything.train(X, y)
    dists = np.array(everything.compute_L2_distances_vectorized(X))
    table = {k: () for k in k_choices}
    for fold in np.array_split(np.arange(len(y)), num_folds):
        rest = np.setdiff1d(np.arange(len(y)), fold)
        knn = KNN()
        knn.train(X[rest], y[rest])
        for k in k_choices:
            errors = error_rate(knn.predict_labels(dists[np.ix_(fold, rest)], k), y[fold])
            table[k] = (*table[k], 1 - errors)
    return table
