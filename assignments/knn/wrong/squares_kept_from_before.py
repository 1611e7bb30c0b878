"""Works out the squares of the training examples once and for all, so a second `train` changes only half of the formula."""

REPLACES = "KNN.compute_L2_distances_vectorized"
FAILS = ["compute_L2_distances_vectorized/the distances"]
HINT = "is something kept for reuse?"


def compute_L2_distances_vectorized(self, X):
    X, X_train = np.asarray(X, dtype=float), np.asarray(self.X_train, dtype=float)
    if not hasattr(self, "squares"):
        self.squares = np.sum(X_train ** 2, axis=1)
    squared = np.sum(X ** 2, axis=1, keepdims=True) - 2 * X @ X_train.T + self.squares[:len(X_train)]
    return np.sqrt(np.maximum(squared, 0))
