"""The search for the largest score begins at 0, which wins where all scores are negative."""

REPLACES = "Softmax.predict"
FAILS = ["predict"]
HINT = "begins at 0"


def predict(self, X):
    n = X.shape[1]
    labels = np.zeros(n, dtype=int)
    scores = self.W.dot(X)
    for i in range(n):
        highest = 0
        for c in range(scores.shape[0]):
            if scores[c, i] > highest:
                highest = scores[c, i]
                labels[i] = c
    return labels
