"""The line for the right class stands inside the loop over the classes."""

REPLACES = "softmax_loss_naive"
FAILS = ["softmax_loss_naive/the gradient"]
HINT = "inside the loop"


def softmax_loss_naive(W, X, y, reg):
    num_classes = W.shape[0]
    num_train = X.shape[1]
    loss = 0.0
    dW = np.zeros_like(W, dtype=float)
    for i in range(num_train):
        f = W.dot(X[:, i])
        f = f - np.max(f)
        log_norm = np.log(np.exp(f).sum())
        loss += -f[y[i]] + log_norm
        for j in range(num_classes):
            dW[j, :] += np.exp(f[j] - log_norm) * X[:, i]
            dW[y[i], :] -= X[:, i]
    loss = loss / num_train + 0.5 * reg * np.sum(W[:, :-1] * W[:, :-1])
    dW = dW / num_train
    dW[:, :-1] += reg * W[:, :-1]
    return loss, dW
