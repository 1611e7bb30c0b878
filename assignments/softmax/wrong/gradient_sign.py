"""Slope of the log probability instead of its negative: uphill."""

REPLACES = "softmax_loss_naive"
FAILS = ["softmax_loss_naive/the gradient"]
HINT = "The gradient has the wrong sign"


def softmax_loss_naive(W, X, y, reg):
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[1]):
        s = W @ X[:, i]
        s = s - s.max()
        p = np.exp(s) / np.sum(np.exp(s))
        loss -= np.log(p[y[i]])
        for c in range(W.shape[0]):
            dW[c] += ((c == y[i]) - p[c]) * X[:, i]
    loss, dW = loss / X.shape[1], dW / X.shape[1]
    loss += 0.5 * reg * np.sum(W[:, :-1] ** 2)
    dW[:, :-1] -= reg * W[:, :-1]
    return loss, dW
