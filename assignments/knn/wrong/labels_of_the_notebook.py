"""Takes the labels from the notebook's `y_train` and not from `self`, which works as long as there is one data set."""

REPLACES = "KNN.predict_labels"
FAILS = ["predict_labels"]
HINT = "those in `self.y_train`"


def predict_labels(self, dists, k=1):
    nearest = np.argsort(dists, axis=1)[:, :k]
    return np.array([np.unique(v)[np.argmax(np.unique(v, return_counts=True)[1])] for v in y_train[nearest]])
