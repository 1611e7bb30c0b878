"""reg times the sum of squares, and 2·reg·W as its gradient: consistent, but another loss than the one asked for."""

REPLACES = "softmax_loss_naive"
FAILS = ["softmax_loss_naive/the loss"]
HINT = "The regularisation counts twice"


def softmax_loss_naive(W, X, y, reg):
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[1]):
        s = W @ X[:, i]
        s = s - s.max()
        p = np.exp(s) / np.sum(np.exp(s))
        loss -= np.log(p[y[i]])
        for c in range(W.shape[0]):
            dW[c] += (p[c] - (c == y[i])) * X[:, i]
    loss, dW = loss / X.shape[1], dW / X.shape[1]
    loss += reg * np.sum(W[:, :-1] ** 2)
    dW[:, :-1] += 2 * reg * W[:, :-1]
    return loss, dW
