"""The decay stands outside the `if`."""

REPLACES = "TwoLayerNet.train"
FAILS = ["train/the steps and their losses"]
HINT = "The learning rate falls at every step"


def train(self, X, y, X_val, y_val, learning_rate=1e-3, learning_rate_decay=0.95, reg=5e-6, num_iters=100, batch_size=200,
          verbose=False):
    loss_history, train_acc_history, val_acc_history = [], [], []
    epoch = max(len(X) // batch_size, 1)
    for step in range(num_iters):
        batch = np.random.choice(len(X), batch_size, replace=True)
        loss, grads = self.loss(X[batch], y[batch], reg)
        loss_history.append(loss)
        for name in self.params:
            self.params[name] = self.params[name] - learning_rate * grads[name]
        if (step + 1) % epoch == 0:
            train_acc_history.append(np.mean(self.predict(X[batch]) == y[batch]))
            val_acc_history.append(np.mean(self.predict(X_val) == y_val))
        learning_rate *= learning_rate_decay
    return {"loss_history": loss_history, "train_acc_history": train_acc_history, "val_acc_history": val_acc_history}
