"""Returns the nearest one's label, whatever k is."""

REPLACES = "KNN.predict_labels"
FAILS = ["predict_labels/the votes"]
HINT = "is the argument `k` used?"


def predict_labels(self, dists, k=1):
    return np.asarray(self.y_train)[np.argmin(dists, axis=1)]
