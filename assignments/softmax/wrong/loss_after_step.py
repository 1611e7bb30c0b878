"""The loss is noted after W was moved, by asking for it once more."""

REPLACES = "Softmax.train"
FAILS = ["train"]
HINT = "Each loss seems to be taken after W was moved"


def train(self, X, y, learning_rate=1e-6, reg=0.1, num_iters=1000, batch_size=200, rng=None):
    rng = np.random.default_rng() if rng is None else rng
    D, N = X.shape
    self.W = 1e-4 * rng.standard_normal((int(np.max(y)) + 1, D))
    losses = []
    for _ in range(num_iters):
        batch = rng.integers(0, N, size=batch_size)
        self.W = self.W - learning_rate * softmax_loss_vectorized(self.W, X[:, batch], y[batch], reg)[1]
        losses.append(softmax_loss_vectorized(self.W, X[:, batch], y[batch], reg)[0])
    return losses
