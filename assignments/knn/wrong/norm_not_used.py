"""Writes the 2-norm into the loops; the argument stays without a job."""

REPLACES = "KNN.compute_distances"
FAILS = ["compute_distances/any norm"]
HINT = "is the argument `norm` used?"
FREQUENCY = "2 of 7 public solutions"


def compute_distances(self, X, norm=np.linalg.norm):
    return np.array([[np.linalg.norm(x - t) for t in np.asarray(self.X_train, dtype=float)] for x in np.asarray(X, dtype=float)])
