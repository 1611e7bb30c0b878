"""The formula as it stands in the book: fine until a score passes 709."""

REPLACES = "softmax_loss_vectorized"
FAILS = ["softmax_loss_vectorized/large scores, in both functions"]
HINT = "subtract the largest score of each image"
FREQUENCY = "4 of 16 public solutions"


def softmax_loss_vectorized(W, X, y, reg):
    N = X.shape[1]
    powers = np.exp(W @ X)
    P = powers / powers.sum(axis=0)
    loss = -np.mean(np.log(P[y, np.arange(N)])) + 0.5 * reg * np.sum(W[:, :-1] ** 2)
    P[y, np.arange(N)] -= 1
    dW = P @ X.T / N
    dW[:, :-1] += reg * W[:, :-1]
    return loss, dW
