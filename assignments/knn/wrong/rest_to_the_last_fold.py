"""Cuts folds of N // num_folds examples and gives what is left over to the last."""

REPLACES = "cross_validate_k"
FAILS = ["cross_validate_k"]
HINT = "whole numbers"


def cross_validate_k(X, y, k_choices, num_folds=5):
    accuracies = {k: [] for k in k_choices}
    size = len(X) // num_folds
    for i in range(num_folds):
        fold = np.arange(i * size, (i + 1) * size if i < num_folds - 1 else len(X))
        classifier = KNN()
        classifier.train(np.delete(X, fold, axis=0), np.delete(y, fold))
        dists = classifier.compute_L2_distances_vectorized(X[fold])
        for k in k_choices:
            accuracies[k].append(float(np.mean(np.asarray(classifier.predict_labels(dists, k)) == y[fold])))
    return accuracies
