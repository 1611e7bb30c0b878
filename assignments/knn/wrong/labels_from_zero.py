"""Counts with bincount, which knows no negative labels."""

REPLACES = "KNN.predict_labels"
FAILS = ["predict_labels/any labels"]
HINT = "`np.bincount` counts 0, 1, 2"
FREQUENCY = "9 of 14 public solutions"


def predict_labels(self, dists, k=1):
    nearest = np.argsort(dists, axis=1)[:, :k]
    return np.array([np.argmax(np.bincount(votes)) for votes in np.asarray(self.y_train)[nearest]])
