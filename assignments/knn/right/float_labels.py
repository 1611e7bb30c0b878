"""Collects the predictions in an array of floats, as np.zeros makes it."""

REPLACES = "KNN.predict_labels"


def predict_labels(self, dists, k=1):
    predictions = np.zeros(len(dists))
    for i, row in enumerate(np.asarray(dists)):
        votes = np.asarray(self.y_train)[np.argpartition(row, k - 1)[:k]]
        labels, counts = np.unique(votes, return_counts=True)
        predictions[i] = labels[counts == counts.max()].min()
    return predictions
