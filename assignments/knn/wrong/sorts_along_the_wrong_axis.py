"""Sorts each column: the neighbours of training images instead of those of test images."""

REPLACES = "KNN.predict_labels"
FAILS = ["predict_labels/the votes"]
HINT = "wrong axis"


def predict_labels(self, dists, k=1):
    order = np.argsort(dists, axis=0)
    votes = np.asarray(self.y_train)[order % len(self.y_train)][:, :k]
    return np.array([np.unique(v)[np.argmax(np.unique(v, return_counts=True)[1])] for v in votes])
