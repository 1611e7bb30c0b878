"""The target was 1, so the output closest to 1 is looked for."""

REPLACES = "TwoLayerNet.predict"
FAILS = ["predict"]
HINT = "closest to 1 was looked for"


def predict(self, X):
    return np.argmin(np.abs(self.loss(X) - 1), axis=1)
