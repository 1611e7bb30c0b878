"""Sorts the wrong way round: the k farthest vote."""

REPLACES = "KNN.predict_labels"
FAILS = ["predict_labels/the votes"]
HINT = "These are the labels of the farthest examples"


def predict_labels(self, dists, k=1):
    nearest = np.argsort(-np.asarray(dists), axis=1)[:, :k]
    return np.array([np.unique(v)[np.argmax(np.unique(v, return_counts=True)[1])] for v in np.asarray(self.y_train)[nearest]])
