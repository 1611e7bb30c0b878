"""To leave the bias out of the regularisation, its column is set to 0, in the caller's own array."""

FAILS = ["softmax_loss_vectorized/the loss"]
HINT = "The function changed the input `W`"
EDITS = {
    "loss = -np.mean(log_probabilities[y, np.arange(N)]) + 0.5 * reg * np.sum(W[:, :-1] ** 2)": "",
    """
dW = G @ X.T / N
dW[:, :-1] += reg * W[:, :-1]
""": """
W[:, -1] = 0
loss = -np.mean(log_probabilities[y, np.arange(N)]) + 0.5 * reg * np.sum(W * W)
dW = G @ X.T / N + reg * W
""",
}
