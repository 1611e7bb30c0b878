"""Looks for the largest output by hand and starts the search at 0: where no output is positive, class 0 wins."""

REPLACES = "TwoLayerNet.predict"
FAILS = ["predict"]
HINT = "where does the search for the largest start?"
FREQUENCY = "1 of 15 public solutions"


def predict(self, X):
    labels = np.zeros(len(X), dtype=int)
    for i, outputs in enumerate(self.loss(X)):
        largest = 0
        for label, output in enumerate(outputs):
            if output > largest:
                largest, labels[i] = output, label
    return labels
