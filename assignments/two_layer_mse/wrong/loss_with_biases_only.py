"""The loss counts the biases, the gradients do not: they are right, and the loss alone loses."""

FAILS = ["loss-value/the loss"]
HINT = "The biases are regularised too"
EDITS = {
    "loss = 0.5 * np.sum(errors ** 2) / N + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))":
        "loss = 0.5 * np.sum(errors ** 2) / N + 0.5 * reg * sum(np.sum(w ** 2) for w in self.params.values())",
}
