"""The loss is a mean, but the gradient still adds up all images."""

REPLACES = "softmax_loss_vectorized"
FAILS = ["softmax_loss_vectorized"]
HINT = "compared with the slopes of your own loss"


def softmax_loss_vectorized(W, X, y, reg):
    N = X.shape[1]
    scores = W @ X
    scores = scores - scores.max(axis=0)
    logs = scores - np.log(np.sum(np.exp(scores), axis=0))
    loss = -np.mean(logs[y, np.arange(N)]) + 0.5 * reg * np.sum(W[:, :-1] ** 2)
    G = np.exp(logs)
    G[y, np.arange(N)] -= 1
    dW = G @ X.T
    dW[:, :-1] += reg * W[:, :-1]
    return loss, dW
