"""A generator of its own instead of np.random, parameters moved in place, arrays returned."""

REPLACES = "TwoLayerNet.train"


def train(self, X, y, X_val, y_val, learning_rate=1e-3, learning_rate_decay=0.95, reg=5e-6, num_iters=100, batch_size=200,
          verbose=False):
    rng = np.random.default_rng(7)
    self.params = {name: value.copy() for name, value in self.params.items()}
    steps_per_epoch = max(X.shape[0] // batch_size, 1)
    losses, accuracies = np.zeros(num_iters), []
    for step in range(num_iters):
        picked = rng.integers(X.shape[0], size=batch_size)
        losses[step], slopes = self.loss(X[picked], y[picked], reg=reg)
        rate = learning_rate * learning_rate_decay ** (step // steps_per_epoch)
        for name, slope in slopes.items():
            self.params[name] -= rate * slope
        if step % steps_per_epoch == steps_per_epoch - 1:
            accuracies.append([(self.predict(a) == b).mean() for a, b in ((X[picked], y[picked]), (X_val, y_val))])
    table = np.array(accuracies).reshape(-1, 2)
    return {"loss_history": losses, "train_acc_history": table[:, 0], "val_acc_history": table[:, 1].tolist()}
