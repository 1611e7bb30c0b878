"""Counts with Counter, whose most_common keeps the order of arrival."""

REPLACES = "KNN.predict_labels"
FAILS = ["predict_labels/ties"]
HINT = "not to that of the nearest"
FREQUENCY = "1 of 14 public solutions"


def predict_labels(self, dists, k=1):
    from collections import Counter
    nearest = np.argsort(dists, axis=1)[:, :k]
    return np.array([Counter(votes.tolist()).most_common(1)[0][0] for votes in np.asarray(self.y_train)[nearest]])
