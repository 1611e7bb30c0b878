"""Keeps the W of the minibatch with the smallest loss, in place of the last W."""

REPLACES = "Softmax.train"
FAILS = ["train/the steps"]
HINT = "There seems to be one step too few"


def train(self, X, y, learning_rate=1e-6, reg=0.1, num_iters=1000, batch_size=200, rng=None):
    rng = np.random.default_rng() if rng is None else rng
    W = 1e-4 * rng.standard_normal((int(np.max(y)) + 1, len(X)))
    self.W, least, losses = W, np.inf, []
    for _ in range(num_iters):
        batch = rng.choice(X.shape[1], batch_size)
        loss, dW = softmax_loss_vectorized(W, X[:, batch], y[batch], reg)
        if loss < least:
            self.W, least = W, loss
        losses.append(loss)
        W = W - learning_rate * dW
    return losses
