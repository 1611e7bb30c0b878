"""Subtracts pixels as they are stored: uint8 wraps around below 0."""

REPLACES = "KNN.compute_distances"
FAILS = ["compute_distances/whole numbers"]
HINT = "convert to float before you subtract"
FREQUENCY = "7 of 7 public solutions"


def compute_distances(self, X, norm=np.linalg.norm):
    distances = np.zeros((X.shape[0], self.X_train.shape[0]))
    for i in range(X.shape[0]):
        for j in range(self.X_train.shape[0]):
            distances[i, j] = norm(X[i] - self.X_train[j])
    return distances
