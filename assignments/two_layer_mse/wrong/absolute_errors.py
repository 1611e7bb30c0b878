"""Absolute in place of squared errors, in the loss only: the gradients are right."""

FAILS = ["loss-value/the loss"]
HINT = "Absolute instead of squared errors"
EDITS = {
    "loss = 0.5 * np.sum(errors ** 2) / N + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))":
        "loss = 0.5 * np.sum(np.abs(errors)) / N + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))",
}
