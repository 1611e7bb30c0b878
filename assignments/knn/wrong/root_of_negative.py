"""Trusts that a sum of squares is never negative; rounding makes it so for images that are in both sets."""

REPLACES = "KNN.compute_L2_distances_vectorized"
FAILS = ["compute_L2_distances_vectorized/distances of zero"]
HINT = "Rounding can make a square of 0 slightly negative"
FREQUENCY = "14 of 14 public solutions"


def compute_L2_distances_vectorized(self, X):
    X, X_train = np.asarray(X, dtype=float), np.asarray(self.X_train, dtype=float)
    squared = np.sum(X ** 2, axis=1, keepdims=True) - 2 * X @ X_train.T + np.sum(X_train ** 2, axis=1)
    return np.sqrt(squared)
