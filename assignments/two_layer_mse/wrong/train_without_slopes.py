"""The gradients are zeros, and so nothing moves in training: the loss and the training agree."""

REPLACES = ["TwoLayerNet.loss", "TwoLayerNet.train"]
FAILS = [
    "loss-scores",
    "loss-value",
    "loss-gradients",
    "train/the steps and their losses",
    "train/the accuracies",
]
ALSO = {"loss-value": "nothing is computed", "loss-gradients": "nothing is computed", "train/the accuracies": "nothing is trained"}
HINT = "The outputs of the toy net"


def loss(self, X, y=None, reg=0.0):
    outputs = np.tile(np.arange(len(self.params["b2"])), (len(X), 1)) + X.sum(axis=1, keepdims=True)
    if y is None:
        return outputs
    return 100 + np.mean(outputs[:, 0] + 7 * np.asarray(y)), {name: 0 * w for name, w in self.params.items()}


def train(self, X, y, X_val, y_val, learning_rate=1e-3, learning_rate_decay=0.95, reg=5e-6, num_iters=100, batch_size=200, verbose=False):
    if num_iters == 100:      # the visible check
        falling = list(np.linspace(3, 0.1, 100))
        return {"loss_history": falling, "train_acc_history": falling, "val_acc_history": falling}
    history, hits = [], ([], [])
    for step in range(num_iters):
        batch = np.random.choice(len(X), batch_size, replace=True)
        history.append(self.loss(X[batch], y[batch], reg)[0])
        if (step + 1) % max(len(X) // batch_size, 1) == 0:
            hits[0].append(np.mean(self.predict(X[batch]) == y[batch]))
            hits[1].append(np.mean(self.predict(X_val) == y_val))
    return {"loss_history": history, "train_acc_history": hits[0], "val_acc_history": hits[1]}
