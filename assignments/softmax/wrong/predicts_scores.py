"""max for argmax: the best score, not the class that has it."""

REPLACES = "Softmax.predict"
FAILS = ["predict"]
HINT = "These look like values, not labels"


def predict(self, X):
    return np.max(self.W @ X, axis=0)
