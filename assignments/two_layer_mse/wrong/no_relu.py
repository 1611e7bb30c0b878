"""The hidden layer is linear: the maximum is forgotten."""

REPLACES = "TwoLayerNet.loss"
FAILS = ["loss-scores", "loss-value", "loss-gradients", "train"]
HINT = "The hidden layer has no ReLU"


def loss(self, X, y=None, reg=0.0):
    W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
    hidden = X @ W1.T + b1
    outputs = hidden @ W2.T + b2
    if y is None:
        return outputs
    N = len(X)
    errors = outputs - np.eye(len(b2))[y]
    loss = 0.5 * np.sum(errors ** 2) / N + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))
    doutputs = errors / N
    dhidden = (doutputs @ W2)
    grads = {"W1": dhidden.T @ X + reg * W1, "b1": dhidden.sum(axis=0),
             "W2": doutputs.T @ hidden + reg * W2, "b2": doutputs.sum(axis=0)}
    return loss, grads
