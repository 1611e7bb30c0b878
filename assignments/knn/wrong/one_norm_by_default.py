"""Takes the distance to be the sum of the differences."""

REPLACES = "KNN.compute_distances"
FAILS = ["compute_distances/the 2-norm"]
HINT = "This is the 1-norm"


def compute_distances(self, X, norm=lambda v: np.sum(np.abs(v))):
    return np.array([[norm(x - t) for t in np.asarray(self.X_train, dtype=float)] for x in np.asarray(X, dtype=float)])
