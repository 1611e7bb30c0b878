"""Mixes up the two loops: fills [j, i], which nobody notices while both counts are the same."""

REPLACES = "KNN.compute_distances"
FAILS = ["compute_distances/the 2-norm", "compute_distances/any norm"]
ALSO = {"compute_distances/any norm": "rows and columns are exchanged for every norm"}
HINT = "transpose"


def compute_distances(self, X, norm=np.linalg.norm):
    X, X_train = np.asarray(X, dtype=float), np.asarray(self.X_train, dtype=float)
    distances = np.zeros((len(X_train), len(X)))
    for i in range(len(X)):
        for j in range(len(X_train)):
            distances[j, i] = norm(X[i] - X_train[j])
    return distances
