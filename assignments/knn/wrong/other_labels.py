"""Takes the training labels from the notebook and not from the argument."""

REPLACES = "cross_validate_k"
FAILS = ["cross_validate_k"]
HINT = "are the arguments X and y used"


def cross_validate_k(X, y, k_choices, num_folds=5):
    accuracies = {k: [] for k in k_choices}
    for fold in np.array_split(np.arange(len(X)), num_folds):
        classifier = KNN()
        classifier.train(np.delete(X, fold, axis=0), np.delete(y_train[:len(X)], fold))
        dists = classifier.compute_L2_distances_vectorized(X[fold])
        for k in k_choices:
            accuracies[k].append(float(np.mean(np.asarray(classifier.predict_labels(dists, k)) == y[fold])))
    return accuracies
