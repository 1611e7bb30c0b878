"""Images and labels are drawn one after the other, so they no longer belong together."""

REPLACES = "Softmax.train"
FAILS = ["train", "tune"]
HINT = "do the labels belong to the images"


def train(self, X, y, learning_rate=1e-6, reg=0.1, num_iters=1000, batch_size=200, rng=None):
    rng = np.random.default_rng() if rng is None else rng
    D, N = X.shape
    self.W = 1e-4 * rng.standard_normal((int(np.max(y)) + 1, D))
    losses = []
    for _ in range(num_iters):
        images, labels = rng.choice(N, batch_size), rng.choice(N, batch_size)
        loss, dW = softmax_loss_vectorized(self.W, X[:, images], y[labels], reg)
        losses.append(loss)
        self.W = self.W - learning_rate * dW
    return losses
