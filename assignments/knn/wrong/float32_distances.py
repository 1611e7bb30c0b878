"""Computes with float32 to save memory; where ‖x‖² and 2·xᵀt nearly cancel, few digits are left."""

REPLACES = "KNN.compute_L2_distances_vectorized"
FAILS = ["compute_L2_distances_vectorized/the distances"]
HINT = "only as precise as float32 allows"


def compute_L2_distances_vectorized(self, X):
    X, T = np.asarray(X, dtype=np.float32), np.asarray(self.X_train, dtype=np.float32)
    squares = np.sum(X**2, axis=1)[:, None] - 2 * X @ T.T + np.sum(T**2, axis=1)
    return np.sqrt(np.maximum(squares, 0))
