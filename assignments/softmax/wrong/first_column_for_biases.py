"""Takes the first column of W for the biases, in the loss and in the gradient."""

REPLACES = "softmax_loss_naive"
FAILS = ["softmax_loss_naive/the loss"]
HINT = "the biases are the last one"


def softmax_loss_naive(W, X, y, reg):
    S = W @ X - np.max(W @ X, axis=0)
    logs = S - np.log(np.sum(np.exp(S), axis=0))
    loss, G = 0.0, np.exp(logs)
    for i in range(len(y)):
        loss -= logs[y[i], i] / len(y)
        G[y[i], i] -= 1
    dW = G @ X.T / len(y)
    dW[:, 1:] += reg * W[:, 1:]
    return loss + 0.5 * reg * np.sum(W[:, 1:] ** 2), dW
