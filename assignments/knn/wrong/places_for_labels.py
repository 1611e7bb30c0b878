"""Lets the places of the neighbours vote, not their labels."""

REPLACES = "KNN.predict_labels"
FAILS = ["predict_labels/the votes"]
HINT = "These are places in the training set"


def predict_labels(self, dists, k=1):
    nearest = np.argsort(dists, axis=1)[:, :k]
    return np.array([np.unique(v)[np.argmax(np.unique(v, return_counts=True)[1])] for v in nearest])
