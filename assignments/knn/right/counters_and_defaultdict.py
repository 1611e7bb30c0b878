"""Counter for the votes, defaultdict for the table, NumPy's own floats in it."""

REPLACES = ("KNN.predict_labels", "cross_validate_k")

from collections import Counter, defaultdict


def predict_labels(self, dists, k=1):
    predictions = []
    for row in dists:
        counts = Counter(self.y_train[j] for j in np.argsort(row)[:k])
        most = max(counts.values())
        predictions.append(min(label for label, count in counts.items() if count == most))
    return predictions


def cross_validate_k(X, y, k_choices, num_folds=5):
    X_folds, y_folds = np.array_split(X, num_folds), np.array_split(y, num_folds)
    table = defaultdict(list)
    for k in k_choices:
        for i in range(num_folds):
            knn = KNN()
            knn.train(np.concatenate(X_folds[:i] + X_folds[i + 1:]), np.concatenate(y_folds[:i] + y_folds[i + 1:]))
            right = np.array(knn.predict_labels(knn.compute_L2_distances_vectorized(X_folds[i]), k)) == y_folds[i]
            table[k].append(right.mean())
    return table
