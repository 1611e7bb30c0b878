"""Loses the 2 of the middle term on the way from the formula to the code."""

REPLACES = "KNN.compute_L2_distances_vectorized"
FAILS = ["compute_L2_distances_vectorized/the distances"]
HINT = "The middle term has a factor 2"


def compute_L2_distances_vectorized(self, X):
    X, X_train = np.asarray(X, dtype=float), np.asarray(self.X_train, dtype=float)
    squared = np.sum(X ** 2, axis=1, keepdims=True) - X @ X_train.T + np.sum(X_train ** 2, axis=1)
    return np.sqrt(np.maximum(squared, 0))
