"""Multiplies pixels by -2 first: uint8 has no negative numbers, and NumPy refuses."""

REPLACES = "KNN.compute_L2_distances_vectorized"
FAILS = ["compute_L2_distances_vectorized/whole numbers"]
HINT = "turn the input into floats first"


def compute_L2_distances_vectorized(self, X):
    squares = np.sum(np.square(X, dtype=float), axis=1, keepdims=True) + np.sum(np.square(self.X_train, dtype=float), axis=1)
    return np.sqrt(np.maximum(squares + (-2 * X) @ self.X_train.T, 0))
