"""Walks through the labels and keeps the last one with the most votes."""

REPLACES = "KNN.predict_labels"
FAILS = ["predict_labels/ties"]
HINT = "A tie goes to the smallest label, not to the largest"


def predict_labels(self, dists, k=1):
    nearest = np.argsort(dists, axis=1)[:, :k]
    predictions = []
    for votes in np.asarray(self.y_train)[nearest]:
        labels, counts = np.unique(votes, return_counts=True)
        predictions.append(max(zip(counts, labels))[1])
    return np.array(predictions)
