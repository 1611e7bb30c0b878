"""The whole of W is regularised, as in courses where the bias is a vector of its own."""

FAILS = ["softmax_loss_vectorized/the loss"]
HINT = "leave out the last column of W"
EDITS = {
    "loss = -np.mean(log_probabilities[y, np.arange(N)]) + 0.5 * reg * np.sum(W[:, :-1] ** 2)":
        "loss = -np.mean(log_probabilities[y, np.arange(N)]) + 0.5 * reg * np.sum(W ** 2)",
    """
dW = G @ X.T / N
dW[:, :-1] += reg * W[:, :-1]
return loss, dW
""": "return loss, G @ X.T / N + reg * W",
}
