"""The plain mean of the squared errors, gradient to match: consistent, but another loss."""

FAILS = ["loss-value/the loss"]
HINT = "The squared errors count twice"
FREQUENCY = "2 of 5 public solutions"
EDITS = {
    "loss = 0.5 * np.sum(errors ** 2) / N + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))":
        "loss = np.sum(errors ** 2) / N + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))",
    "doutputs = errors / N": "doutputs = 2 * errors / N",
}
