"""The regularisation is added to the loss at the very end, and its slope is forgotten."""

REPLACES = "softmax_loss_naive"
FAILS = ["softmax_loss_naive/the gradient"]
HINT = "The regularisation has no part in the gradient"


def softmax_loss_naive(W, X, y, reg):
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[1]):
        s = W @ X[:, i]
        s = s - s.max()
        p = np.exp(s) / np.sum(np.exp(s))
        loss -= np.log(p[y[i]])
        for c in range(W.shape[0]):
            dW[c] += (p[c] - (c == y[i])) * X[:, i]
    return loss / X.shape[1] + 0.5 * reg * np.sum(W[:, :-1] ** 2), dW / X.shape[1]
