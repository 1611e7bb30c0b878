"""The line for the right class is forgotten in the gradient; training and tuning are right all the same."""

FAILS = ["softmax_loss_vectorized/the gradient"]
HINT = "The 1 of the right class is not subtracted"
EDITS = {"G[y, np.arange(N)] -= 1": ""}
