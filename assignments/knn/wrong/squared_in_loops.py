"""The square of the 2-norm comes out of the formula before the root does."""

REPLACES = "KNN.compute_distances"
FAILS = ["compute_distances/the 2-norm"]
HINT = "The values look squared"


def compute_distances(self, X, norm=lambda v: np.sum(v ** 2)):
    return np.array([[norm(x - t) for t in np.asarray(self.X_train, dtype=float)] for x in np.asarray(X, dtype=float)])
