"""The whole of W is regularised, as in courses where the bias is a vector of its own."""

REPLACES = "softmax_loss_vectorized"
FAILS = ["softmax_loss_vectorized"]
HINT = "leave out the last column of W"


def softmax_loss_vectorized(W, X, y, reg):
    N = X.shape[1]
    scores = W @ X
    scores = scores - scores.max(axis=0)
    logs = scores - np.log(np.sum(np.exp(scores), axis=0))
    loss = -np.mean(logs[y, np.arange(N)]) + 0.5 * reg * np.sum(W ** 2)
    G = np.exp(logs)
    G[y, np.arange(N)] -= 1
    return loss, G @ X.T / N + reg * W
