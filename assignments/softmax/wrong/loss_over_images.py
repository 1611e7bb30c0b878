"""Rows and columns confused: sums over the images where the classes are meant (images used to be rows)."""

REPLACES = "softmax_loss_vectorized"
FAILS = ["softmax_loss_vectorized", "train"]
HINT = "The softmax runs over the images"


def softmax_loss_vectorized(W, X, y, reg):
    N = X.shape[1]
    scores = W @ X
    scores = scores - scores.max(axis=1, keepdims=True)
    logs = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
    loss = -np.mean(logs[y, np.arange(N)]) + 0.5 * reg * np.sum(W[:, :-1] ** 2)
    G = np.exp(logs)
    G[y, np.arange(N)] -= 1
    dW = G @ X.T / N
    dW[:, :-1] += reg * W[:, :-1]
    return loss, dW
