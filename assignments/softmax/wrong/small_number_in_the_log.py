"""`log(p + 1e-6)`, against log 0: the loss is a little off, and more than a little where p is small."""

REPLACES = "softmax_loss_vectorized"
FAILS = ["softmax_loss_vectorized/the loss"]
HINT = "Nothing belongs inside the logarithm but the probability"


def softmax_loss_vectorized(W, X, y, reg):
    N = X.shape[1]
    scores = W @ X
    powers = np.exp(scores - scores.max(axis=0))
    P = powers / powers.sum(axis=0)
    loss = -np.mean(np.log(P[y, np.arange(N)] + 1e-6)) + 0.5 * reg * np.sum(W[:, :-1] ** 2)
    P[y, np.arange(N)] -= 1
    dW = P @ X.T / N
    dW[:, :-1] += reg * W[:, :-1]
    return loss, dW
