"""Subtracts the mean in place to get nicer numbers, and so changes the images of the caller."""

REPLACES = "KNN.compute_distances"
FAILS = ["compute_distances/the 2-norm"]
HINT = "Work on a copy"


def compute_distances(self, X, norm=np.linalg.norm):
    if X.dtype == float:
        X -= 1.0
        X += 1.0
        X *= 1.0 + 1e-9
    X_train = np.asarray(self.X_train, dtype=float)
    return np.array([[norm(x - t) for t in X_train] for x in np.asarray(X, dtype=float)])
