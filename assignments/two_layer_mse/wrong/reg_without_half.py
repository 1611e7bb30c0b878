"""reg times the sum of squares, and its gradient 2·reg·W."""

FAILS = ["loss-value/the loss"]
HINT = "The regularisation counts twice"
EDITS = {
    "loss = 0.5 * np.sum(errors ** 2) / N + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))":
        "loss = 0.5 * np.sum(errors ** 2) / N + reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))",
    'grads = {"W1": dhidden.T @ X + reg * W1, "b1": dhidden.sum(axis=0),':
        'grads = {"W1": dhidden.T @ X + 2 * reg * W1, "b1": dhidden.sum(axis=0),',
    '"W2": doutputs.T @ hidden + reg * W2, "b2": doutputs.sum(axis=0)}':
        '"W2": doutputs.T @ hidden + 2 * reg * W2, "b2": doutputs.sum(axis=0)}',
}
