"""Computes all distances once and keeps only the image itself from voting: the rest of its fold votes."""

REPLACES = "cross_validate_k"
FAILS = ["cross_validate_k/the accuracies"]
HINT = "the rest of its fold votes"


def cross_validate_k(X, y, k_choices, num_folds=5):
    knn = KNN()
    knn.train(X, y)
    all_dists = knn.compute_L2_distances_vectorized(X)   # once for all folds and all k
    np.fill_diagonal(all_dists, np.inf)                  # nobody may vote for himself
    folds = np.array_split(np.arange(len(y)), num_folds)
    k_to_accuracies = {}
    for k in k_choices:
        k_to_accuracies[k] = []
        for idx in folds:
            guess = knn.predict_labels(all_dists[idx], k)
            k_to_accuracies[k].append(float((guess == y[idx]).sum() / len(idx)))
    return k_to_accuracies
