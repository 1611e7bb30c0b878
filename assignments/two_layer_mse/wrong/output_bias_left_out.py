"""Writes the forward pass once more in predict, and leaves out the bias of the outputs."""

REPLACES = "TwoLayerNet.predict"
FAILS = ["predict"]
HINT = "bias of the second layer"


def predict(self, X):
    hidden = X.dot(self.params["W1"].T) + self.params["b1"]
    hidden[hidden < 0] = 0
    scores = hidden.dot(self.params["W2"].T)
    return scores.argmax(axis=1)
