"""Trains weights in a name of the method, which is gone afterwards."""

REPLACES = "Softmax.train"
FAILS = ["train/the steps"]
HINT = "Keep them: `self.W"


def train(self, X, y, learning_rate=1e-6, reg=0.1, num_iters=1000, batch_size=200, rng=None):
    rng = np.random.default_rng() if rng is None else rng
    W, losses = 1e-4 * rng.standard_normal((int(np.max(y)) + 1, len(X))), []
    for _ in range(num_iters):
        batch = rng.choice(X.shape[1], batch_size)
        loss, dW = softmax_loss_vectorized(W, X[:, batch], y[batch], reg)
        W = W - learning_rate * dW
        losses.append(loss)
    return losses
