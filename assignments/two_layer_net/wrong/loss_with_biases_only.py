"""The loss counts the biases, the gradients do not: they are right, and the loss alone loses."""

FAILS = ["two_layer_net-loss/the loss"]
HINT = "The biases are regularised too"
EDITS = {
    "loss = -np.mean(log_probabilities[np.arange(N), y]) + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))":
        "loss = -np.mean(log_probabilities[np.arange(N), y]) + 0.5 * reg * sum(np.sum(w ** 2) for w in model.values())",
}
