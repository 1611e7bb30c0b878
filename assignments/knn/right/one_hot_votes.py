"""Counts votes as a sum of one-hot rows, with the labels numbered in their order."""

REPLACES = "KNN.predict_labels"


def predict_labels(self, dists, k=1):
    labels, numbers = np.unique(self.y_train, return_inverse=True)
    nearest = np.argsort(dists, axis=1, kind="stable")[:, :k]
    votes = np.eye(len(labels))[numbers.reshape(-1)[nearest]].sum(axis=1)
    return labels[votes.argmax(axis=1)]
