"""Centres both sets first, each by its own mean: these are two different vectors."""

REPLACES = "KNN.compute_L2_distances_vectorized"
FAILS = ["compute_L2_distances_vectorized/the distances"]
HINT = "different means"


def compute_L2_distances_vectorized(self, X):
    A = np.array(X, dtype=float)
    B = np.array(self.X_train, dtype=float)
    # centre the data, a shift doesn't change distances and rounding errors get smaller
    A = A - A.mean(axis=0)
    B = B - B.mean(axis=0)
    aa = (A * A).sum(axis=1).reshape(-1, 1)
    bb = (B * B).sum(axis=1).reshape(1, -1)
    d2 = aa + bb - 2 * A.dot(B.T)
    d2[d2 < 0] = 0
    return np.sqrt(d2)
