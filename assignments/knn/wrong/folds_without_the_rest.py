"""Cuts folds of N // num_folds examples; the last ones are validated nowhere."""

REPLACES = "cross_validate_k"
FAILS = ["cross_validate_k/folds that differ in size"]
HINT = "np.array_split gives the first folds one more where needed"


def cross_validate_k(X, y, k_choices, num_folds=5):
    size = len(X) // num_folds
    accuracies = {k: [] for k in k_choices}
    for i in range(num_folds):
        fold = np.arange(i * size, (i + 1) * size)
        classifier = KNN()
        classifier.train(np.delete(X, fold, axis=0), np.delete(y, fold))
        dists = classifier.compute_L2_distances_vectorized(X[fold])
        for k in k_choices:
            accuracies[k].append(float(np.mean(np.asarray(classifier.predict_labels(dists, k)) == y[fold])))
    return accuracies
