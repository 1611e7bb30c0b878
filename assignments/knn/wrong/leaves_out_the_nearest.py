"""Skips the first neighbour because "an image is its own nearest", which holds for training images only."""

REPLACES = "KNN.predict_labels"
FAILS = ["predict_labels/the votes"]
HINT = "The nearest example is left out"


def predict_labels(self, dists, k=1):
    nearest = np.argsort(dists, axis=1)[:, 1:k + 1]
    return np.array([np.unique(v)[np.argmax(np.unique(v, return_counts=True)[1])] for v in np.asarray(self.y_train)[nearest]])
