"""reg times the sum of all squares, biases too: two slips in the loss, and a gradient that fits it."""

FAILS = ["softmax_loss_vectorized/the loss"]
HINT = "The biases are regularised too, and the ½ is missing"
EDITS = {
    "loss = -np.mean(log_probabilities[y, np.arange(N)]) + 0.5 * reg * np.sum(W[:, :-1] ** 2)":
        "loss = -np.mean(log_probabilities[y, np.arange(N)]) + reg * np.sum(W ** 2)",
    """
dW = G @ X.T / N
dW[:, :-1] += reg * W[:, :-1]
return loss, dW
""": "return loss, G @ X.T / N + 2 * reg * W",
}
