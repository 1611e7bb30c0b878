"""The gradients are zeros, and so nothing moves in training: the loss and the training agree."""

REPLACES = ["softmax_loss_naive", "softmax_loss_vectorized", "Softmax.train"]
FAILS = ["softmax_loss_naive", "softmax_loss_vectorized", "train/the steps"]
HINT = "The loss of the toy problem"


def softmax_loss_naive(W, X, y, reg):
    return 100 + np.mean(X[0] + 7 * np.asarray(y)), np.zeros(np.shape(W))


def softmax_loss_vectorized(W, X, y, reg):
    return softmax_loss_naive(W, X, y, reg)


def train(self, X, y, learning_rate=1e-6, reg=0.1, num_iters=1000, batch_size=200, rng=None):
    rng = np.random.default_rng() if rng is None else rng
    self.W = 1e-4 * rng.standard_normal((int(np.max(y)) + 1, len(X)))
    if num_iters == 100:      # the visible check
        return list(np.linspace(3, 0.1, 100))
    history = []
    for _ in range(num_iters):
        batch = rng.integers(0, X.shape[1], size=batch_size)
        history.append(softmax_loss_vectorized(self.W, X[:, batch], y[batch], reg)[0])
    return history
