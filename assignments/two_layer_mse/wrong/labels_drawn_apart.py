"""Examples and labels are drawn one after the other, so they no longer belong together."""

FAILS = ["train/the minibatches"]
HINT = "Draw one set of indices"
EDITS = {
    "loss, grads = self.loss(X[batch], y[batch], reg)": """
y_batch = y[np.random.choice(len(X), batch_size)]
loss, grads = self.loss(X[batch], y_batch, reg)
""",
}
