"""The hidden layer is linear: the maximum is forgotten, so two layers are no more than one."""

REPLACES = "two_layer_net"
FAILS = ["two_layer_net-scores", "two_layer_net-loss", "two_layer_net-gradients"]
HINT = "The hidden layer has no ReLU"


def two_layer_net(X, model, y=None, reg=0.0):
    W1, b1, W2, b2 = model["W1"], model["b1"], model["W2"], model["b2"]
    hidden = X @ W1 + b1
    scores = hidden @ W2 + b2
    if y is None:
        return scores
    N = len(X)
    shifted = scores - scores.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    loss = -np.mean(logs[np.arange(N), y]) + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))
    dscores = np.exp(logs)
    dscores[np.arange(N), y] -= 1
    dscores /= N
    dhidden = (dscores @ W2.T)
    grads = {"W1": X.T @ dhidden + reg * W1, "b1": dhidden.sum(axis=0),
             "W2": hidden.T @ dscores + reg * W2, "b2": dscores.sum(axis=0)}
    return loss, grads
