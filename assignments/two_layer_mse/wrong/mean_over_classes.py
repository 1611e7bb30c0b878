"""np.mean of the squared errors divides by the number of classes as well."""

FAILS = ["loss-value/the loss"]
HINT = "The errors are divided by the number of classes too"
EDITS = {
    "loss = 0.5 * np.sum(errors ** 2) / N + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))":
        "loss = 0.5 * np.mean(errors ** 2) + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))",
    "doutputs = errors / N": "doutputs = errors / errors.size",
}
