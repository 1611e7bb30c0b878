"""np.linalg.norm(W, 2) of a matrix is its largest singular value, not the root of the sum of squares."""

FAILS = ["two_layer_net-loss/the loss"]
HINT = "largest singular value"
EDITS = {"loss = -np.mean(log_probabilities[np.arange(N), y]) + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))":
         "loss = -np.mean(log_probabilities[np.arange(N), y]) + 0.5 * reg * (np.linalg.norm(W1, 2) ** 2 + np.linalg.norm(W2, 2) ** 2)"}
