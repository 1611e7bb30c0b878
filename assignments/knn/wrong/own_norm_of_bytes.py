"""Writes the 2-norm by hand; unlike np.linalg.norm it squares bytes as bytes."""

REPLACES = "KNN.compute_distances"
FAILS = ["compute_distances/whole numbers"]
HINT = "Differences and squares wrapped around"


def compute_distances(self, X, norm=lambda v: np.sqrt(np.sum(v ** 2))):
    distances = np.zeros((len(X), len(self.X_train)))
    for i in range(len(X)):
        for j in range(len(self.X_train)):
            distances[i, j] = norm(X[i] - self.X_train[j])
    return distances
