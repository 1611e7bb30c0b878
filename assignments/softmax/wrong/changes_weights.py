"""To leave the bias out of the regularisation, its column is set to 0, in the caller's own array."""

REPLACES = "softmax_loss_vectorized"
FAILS = ["softmax_loss_vectorized", "train"]
HINT = "The function changed the input `W`"


def softmax_loss_vectorized(W, X, y, reg):
    N = X.shape[1]
    scores = W @ X
    scores = scores - scores.max(axis=0)
    logs = scores - np.log(np.sum(np.exp(scores), axis=0))
    G = np.exp(logs)
    G[y, np.arange(N)] -= 1
    W[:, -1] = 0
    loss = -np.mean(logs[y, np.arange(N)]) + 0.5 * reg * np.sum(W * W)
    dW = G @ X.T / N + reg * W
    return loss, dW
