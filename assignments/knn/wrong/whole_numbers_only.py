"""Makes the array for the distances of the type of the pixels, which holds no fractions."""

REPLACES = "KNN.compute_distances"
FAILS = ["compute_distances/the 2-norm", "compute_distances/any norm"]
ALSO = {"compute_distances/any norm": "fractions are cut off for every norm"}
HINT = "cut to integers"


def compute_distances(self, X, norm=np.linalg.norm):
    X, X_train = np.asarray(X, dtype=float), np.asarray(self.X_train, dtype=float)
    distances = np.full((len(X), len(X_train)), 0)
    for i in range(len(X)):
        for j in range(len(X_train)):
            distances[i, j] = norm(X[i] - X_train[j])
    return distances
