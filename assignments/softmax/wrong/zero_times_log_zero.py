"""Multiplies the logarithms of all probabilities by a one-hot array, where 0 · log 0 is NaN."""

REPLACES = "softmax_loss_vectorized"
FAILS = ["softmax_loss_vectorized/large scores, in both functions"]
HINT = "0 · log 0 is NaN"


def softmax_loss_vectorized(W, X, y, reg):
    powers = np.exp(W @ X - np.max(W @ X, axis=0))
    P, T = powers / np.sum(powers, axis=0), np.eye(len(W))[:, y]
    dW = (P - T) @ X.T / len(y)
    dW[:, :-1] += reg * W[:, :-1]
    return -np.sum(T * np.log(P)) / len(y) + 0.5 * reg * np.sum(W[:, :-1] ** 2), dW
