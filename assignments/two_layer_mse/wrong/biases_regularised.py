"""All four parameters are regularised, in a loop over params."""

FAILS = ["loss-value/the loss"]
HINT = "The biases are regularised too"
EDITS = {
    "loss = 0.5 * np.sum(errors ** 2) / N + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))":
        "loss = 0.5 * np.sum(errors ** 2) / N + 0.5 * reg * sum(np.sum(p ** 2) for p in self.params.values())",
    'grads = {"W1": dhidden.T @ X + reg * W1, "b1": dhidden.sum(axis=0),':
        'grads = {"W1": dhidden.T @ X + reg * W1, "b1": dhidden.sum(axis=0) + reg * b1,',
    '"W2": doutputs.T @ hidden + reg * W2, "b2": doutputs.sum(axis=0)}':
        '"W2": doutputs.T @ hidden + reg * W2, "b2": doutputs.sum(axis=0) + reg * b2}',
}
