"""A learning rate that decays from step to step, which nobody asked for."""

REPLACES = "Softmax.train"
FAILS = ["train/the steps"]
HINT = "does nothing else change from step to step"


def train(self, X, y, learning_rate=1e-6, reg=0.1, num_iters=1000, batch_size=200, rng=None):
    rng = np.random.default_rng() if rng is None else rng
    self.W, losses = 1e-4 * rng.standard_normal((int(np.max(y)) + 1, len(X))), []
    for step in range(num_iters):
        batch = rng.choice(X.shape[1], batch_size)
        loss, dW = softmax_loss_vectorized(self.W, X[:, batch], y[batch], reg)
        self.W = self.W - learning_rate * 0.97**step * dW
        losses.append(loss)
    return losses
