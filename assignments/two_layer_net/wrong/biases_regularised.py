"""All four parameters are regularised, in a loop over the model."""

FAILS = ["two_layer_net-loss/the loss"]
HINT = "The biases are regularised too"
FREQUENCY = "1 of 16 public solutions"
EDITS = {
    "loss = -np.mean(log_probabilities[np.arange(N), y]) + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))":
        "loss = -np.mean(log_probabilities[np.arange(N), y]) + 0.5 * reg * (sum(np.sum(p ** 2) for p in model.values()))",
    'grads = {"W1": X.T @ dhidden + reg * W1, "b1": dhidden.sum(axis=0),':
        'grads = {"W1": X.T @ dhidden + reg * W1, "b1": dhidden.sum(axis=0) + reg * b1,',
    '"W2": hidden.T @ dscores + reg * W2, "b2": dscores.sum(axis=0)}':
        '"W2": hidden.T @ dscores + reg * W2, "b2": dscores.sum(axis=0) + reg * b2}',
}
