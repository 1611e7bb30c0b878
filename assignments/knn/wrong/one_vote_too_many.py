"""Takes the slice up to and with k."""

REPLACES = "KNN.predict_labels"
FAILS = ["predict_labels/the votes"]
HINT = "It looks as if k + 1 examples vote"


def predict_labels(self, dists, k=1):
    nearest = np.argsort(dists, axis=1)[:, :k + 1]
    return np.array([np.unique(v)[np.argmax(np.unique(v, return_counts=True)[1])] for v in np.asarray(self.y_train)[nearest]])
