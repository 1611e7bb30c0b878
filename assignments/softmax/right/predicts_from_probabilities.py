"""By way of the probabilities, and with a sort."""

REPLACES = "Softmax.predict"

def predict(self, X):
    return np.argsort(-softmax_probabilities(self.W @ X), axis=0, kind="stable")[0]
