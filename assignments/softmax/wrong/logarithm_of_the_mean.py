"""Takes the logarithm of the mean probability, in place of the mean of the logarithms."""

REPLACES = "softmax_loss_vectorized"
FAILS = ["softmax_loss_vectorized/the loss"]
HINT = "mean of the logarithms"


def softmax_loss_vectorized(W, X, y, reg):
    n = y.shape[0]
    probs = softmax_probabilities(W.dot(X))
    right = probs[y, range(n)]
    weights = W.copy()
    weights[:, -1] = 0                       # no bias
    loss = -np.log(right.sum() / n) + reg / 2 * (weights * weights).sum()
    delta = probs.copy()
    delta[y, range(n)] -= 1
    grad = delta.dot(X.T) / n + reg * weights
    return loss, grad
