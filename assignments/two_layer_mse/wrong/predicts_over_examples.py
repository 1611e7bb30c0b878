"""axis=0 out of habit: examples were columns in the softmax assignment."""

REPLACES = "TwoLayerNet.predict"
FAILS = ["predict"]
HINT = "which axis runs over the classes"


def predict(self, X):
    return np.argmax(self.loss(X), axis=0)
