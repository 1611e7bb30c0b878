"""The axis of the images for that of the classes."""

REPLACES = "Softmax.predict"
FAILS = ["predict"]
HINT = "which axis runs over the classes"


def predict(self, X):
    return np.argmax(self.W @ X, axis=1)
