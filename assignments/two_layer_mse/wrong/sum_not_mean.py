"""The 1/N is forgotten in loss and gradient."""

FAILS = ["loss-value/the loss"]
HINT = "The errors are summed over the examples"
EDITS = {
    "loss = 0.5 * np.sum(errors ** 2) / N + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))":
        "loss = 0.5 * np.sum(errors ** 2) + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))",
    "doutputs = errors / N": "doutputs = errors",
}
