"""Makes one array of the folds, as published solutions do: it works as long as all of them have the same size."""

REPLACES = "cross_validate_k"
FAILS = ["cross_validate_k/folds that differ in size"]
HINT = "An array can't hold rows of different lengths"


def cross_validate_k(X, y, k_choices, num_folds=5):
    X_folds, y_folds = np.array(np.array_split(X, num_folds)), np.array(np.array_split(y, num_folds))
    accuracies = {k: [] for k in k_choices}
    for i in range(num_folds):
        others = np.arange(num_folds) != i
        classifier = KNN()
        classifier.train(np.concatenate(X_folds[others]), np.concatenate(y_folds[others]))
        dists = classifier.compute_L2_distances_vectorized(X_folds[i])
        for k in k_choices:
            accuracies[k].append(float(np.mean(classifier.predict_labels(dists, k) == y_folds[i])))
    return accuracies
