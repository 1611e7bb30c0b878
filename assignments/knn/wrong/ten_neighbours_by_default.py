"""Puts the 10 of the text in place of the default."""

REPLACES = "KNN.predict_labels"
FAILS = ["predict_labels/the votes"]
HINT = "Without the argument `k`, it is 1"


def predict_labels(self, dists, k=10):
    nearest = np.argsort(dists, axis=1)[:, :k]
    return np.array([np.unique(v)[np.argmax(np.unique(v, return_counts=True)[1])] for v in np.asarray(self.y_train)[nearest]])
