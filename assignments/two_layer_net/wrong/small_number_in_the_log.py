"""`log(p + 1e-6)`, against log 0: the loss is a little off."""

FAILS = ["two_layer_net-loss/the loss"]
HINT = "Nothing belongs inside the logarithm but the probability"
EDITS = {
    "loss = -np.mean(log_probabilities[np.arange(N), y]) + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))":
        "loss = -np.mean(np.log(np.exp(log_probabilities)[np.arange(N), y] + 1e-6)) + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))",
}
