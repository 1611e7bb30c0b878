"""Expands the square, adds up the three terms, and stops there."""

REPLACES = "KNN.compute_L2_distances_vectorized"
FAILS = ["compute_L2_distances_vectorized/the distances"]
HINT = "The values look squared"


def compute_L2_distances_vectorized(self, X):
    X, X_train = np.asarray(X, dtype=float), np.asarray(self.X_train, dtype=float)
    return np.sum(X ** 2, axis=1, keepdims=True) - 2 * X @ X_train.T + np.sum(X_train ** 2, axis=1)
