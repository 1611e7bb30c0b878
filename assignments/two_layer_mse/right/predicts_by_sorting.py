"""The last of the sorted outputs."""

REPLACES = "TwoLayerNet.predict"


def predict(self, X):
    return [int(row.argsort(kind="stable")[-1]) for row in self.loss(X)]
