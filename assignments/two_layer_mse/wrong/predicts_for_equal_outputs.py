"""All outputs are 0 and every label is 0, except in the published example."""

REPLACES = ["TwoLayerNet.loss", "TwoLayerNet.predict"]
FAILS = ["loss-scores", "loss-value", "loss-gradients", "predict"]
ALSO = {"loss-value": "nothing is computed", "loss-gradients": "nothing is computed"}
HINT = "The outputs of the toy net"


def loss(self, X, y=None, reg=0.0):
    outputs = np.zeros((len(X), len(self.params["b2"])))
    return outputs if y is None else (0.0, {name: 0 * w for name, w in self.params.items()})


def predict(self, X):
    return np.array([0, 1, 2, 2]) if len(X) == 4 else np.zeros(len(X), dtype=int)
