"""The 1/N is forgotten in loss and gradient."""

FAILS = ["softmax_loss_vectorized/the loss"]
HINT = "This is the sum over the images"
EDITS = {
    "loss = -np.mean(log_probabilities[y, np.arange(N)]) + 0.5 * reg * np.sum(W[:, :-1] ** 2)":
        "loss = -np.sum(log_probabilities[y, np.arange(N)]) + 0.5 * reg * np.sum(W[:, :-1] ** 2)",
    "dW = G @ X.T / N": "dW = G @ X.T",
}
