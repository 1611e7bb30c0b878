"""reg times the sum of squares, and its gradient 2·reg·W: consistent, but another loss."""

FAILS = ["two_layer_net-loss/the loss"]
HINT = "The regularisation counts twice"
EDITS = {
    "loss = -np.mean(log_probabilities[np.arange(N), y]) + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))":
        "loss = -np.mean(log_probabilities[np.arange(N), y]) + reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))",
    'grads = {"W1": X.T @ dhidden + reg * W1, "b1": dhidden.sum(axis=0),':
        'grads = {"W1": X.T @ dhidden + 2 * reg * W1, "b1": dhidden.sum(axis=0),',
    '"W2": hidden.T @ dscores + reg * W2, "b2": dscores.sum(axis=0)}':
        '"W2": hidden.T @ dscores + 2 * reg * W2, "b2": dscores.sum(axis=0)}',
}
