"""Builds the distances as nested lists and the labels as a list of Python integers."""

REPLACES = ('KNN.compute_distances', 'KNN.predict_labels')


def compute_distances(self, X, norm=None):
    norm = norm or (lambda v: float(np.sqrt(np.dot(v, v))))
    return [[norm(np.subtract(x, t, dtype=float)) for t in self.X_train] for x in X]


def predict_labels(self, dists, k=1):
    predictions = []
    for row in dists:
        order = sorted(range(len(row)), key=lambda j: row[j])[:k]
        votes = [int(self.y_train[j]) for j in order]
        predictions.append(min(set(votes), key=lambda label: (-votes.count(label), label)))
    return predictions
