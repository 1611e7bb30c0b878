"""The 1/N is forgotten in loss and gradient."""

FAILS = ["two_layer_net-loss/the loss"]
HINT = "This is the sum over the examples"
EDITS = {
    "loss = -np.mean(log_probabilities[np.arange(N), y]) + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))":
        "loss = -np.sum(log_probabilities[np.arange(N), y]) + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))",
    "dscores /= N": "",
}
