"""max for argmax."""

REPLACES = "TwoLayerNet.predict"
FAILS = ["predict"]
HINT = "These look like values, not labels"


def predict(self, X):
    return np.max(self.loss(X), axis=1)
