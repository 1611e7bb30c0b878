"""Has read that near neighbours should count more, and lets each vote weigh 1 / distance."""

REPLACES = "KNN.predict_labels"
FAILS = ["predict_labels/the votes"]
HINT = "Each of the k examples has one vote"


def predict_labels(self, dists, k=1):
    y, predictions = np.asarray(self.y_train), []
    for row in np.asarray(dists):
        nearest = np.argsort(row)[:k]
        labels = np.unique(y[nearest])
        predictions.append(labels[np.argmax([np.sum(1 / row[nearest][y[nearest] == label]) for label in labels])])
    return np.array(predictions)
