"""rng.choice, zeros as the (very) small initial weights, W changed in place, an array of losses."""

REPLACES = "Softmax.train"

def train(self, X, y, learning_rate=1e-6, reg=0.1, num_iters=1000, batch_size=200, rng=None):
    rng = rng or np.random.default_rng()
    self.W = np.zeros((y.max() + 1, X.shape[0]))
    losses = np.empty(num_iters)
    draws = rng.choice(X.shape[1], size=(num_iters, batch_size), replace=True)
    for step, batch in enumerate(draws):
        losses[step], dW = softmax_loss_naive(self.W, X[:, batch], y[batch], reg)
        self.W -= learning_rate * dW
    return losses
