"""Takes the middle term with a plus, as in (a + b)²."""

REPLACES = "KNN.compute_L2_distances_vectorized"
FAILS = ["compute_L2_distances_vectorized/the distances"]
HINT = "Look at the sign of the middle term"


def compute_L2_distances_vectorized(self, X):
    X, X_train = np.asarray(X, dtype=float), np.asarray(self.X_train, dtype=float)
    squared = np.sum(X ** 2, axis=1, keepdims=True) + 2 * X @ X_train.T + np.sum(X_train ** 2, axis=1)
    return np.sqrt(np.maximum(squared, 0))
