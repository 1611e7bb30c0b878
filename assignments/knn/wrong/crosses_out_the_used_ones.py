"""Looks for the smallest distance k times, and crosses each one out in the matrix of the caller."""

REPLACES = "KNN.predict_labels"
FAILS = ["predict_labels/the votes"]
HINT = "Work on a copy"


def predict_labels(self, dists, k=1):
    predictions = []
    for row in dists:
        votes = []
        for _ in range(k):
            nearest = np.argmin(row)
            votes.append(self.y_train[nearest])
            row[nearest] = np.inf
        labels, counts = np.unique(votes, return_counts=True)
        predictions.append(labels[np.argmax(counts)])
    return np.array(predictions)
