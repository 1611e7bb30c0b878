"""max over a set: among labels with as many votes the first of the set wins, whichever that is."""

REPLACES = "KNN.predict_labels"
FAILS = ["predict_labels/ties"]
HINT = "the one that a set or dict happens to have first"
FREQUENCY = "3 of 14 public solutions"


def predict_labels(self, dists, k=1):
    nearest = np.argsort(dists, axis=1)[:, :k]
    found = []
    for votes in np.asarray(self.y_train)[nearest].tolist():
        found.append(max(set(votes), key=votes.count))
    return np.array(found)
