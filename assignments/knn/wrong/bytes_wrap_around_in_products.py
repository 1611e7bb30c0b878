"""Squares and multiplies pixels as they are stored: uint8 keeps only the last eight bits."""

REPLACES = "KNN.compute_L2_distances_vectorized"
FAILS = ["compute_L2_distances_vectorized/whole numbers"]
HINT = "`uint8` wraps around"
FREQUENCY = "14 of 14 public solutions"


def compute_L2_distances_vectorized(self, X):
    squared = np.sum(X ** 2, axis=1, keepdims=True) - 2 * X @ self.X_train.T + np.sum(self.X_train ** 2, axis=1)
    return np.sqrt(np.maximum(squared, 0))
