"""W is made only if there is none, and the loss has a harmless 1e-10 in its log: only the first costs points."""

REPLACES = ["softmax_loss_vectorized", "Softmax.train"]
FAILS = ["train/the start and the random numbers"]
HINT = "Every call of `train` begins anew"


def softmax_loss_vectorized(W, X, y, reg):
    N = X.shape[1]
    scores = W @ X
    powers = np.exp(scores - scores.max(axis=0))
    P = powers / powers.sum(axis=0)
    loss = -np.mean(np.log(P[y, np.arange(N)] + 1e-10)) + 0.5 * reg * np.sum(W[:, :-1] ** 2)
    P[y, np.arange(N)] -= 1
    dW = P @ X.T / N
    dW[:, :-1] += reg * W[:, :-1]
    return loss, dW


def train(self, X, y, learning_rate=1e-6, reg=0.1, num_iters=1000, batch_size=200, rng=None):
    if self.W is None:
        self.W = 1e-4 * rng.standard_normal((int(np.max(y)) + 1, len(X)))
    losses = []
    for _ in range(num_iters):
        batch = rng.integers(0, X.shape[1], size=batch_size)
        loss, dW = softmax_loss_vectorized(self.W, X[:, batch], y[batch], reg)
        losses.append(loss)
        self.W = self.W - learning_rate * dW
    return losses
