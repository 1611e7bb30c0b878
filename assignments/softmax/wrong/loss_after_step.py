"""The loss is noted after W was moved, by asking for it once more."""

FAILS = ["train/the losses"]
HINT = "Each loss seems to be taken after W was moved"
EDITS = {
    """
loss, dW = softmax_loss_vectorized(self.W, X[:, batch], y[batch], reg)
losses.append(loss)
self.W = self.W - learning_rate * dW
""": """
self.W = self.W - learning_rate * softmax_loss_vectorized(self.W, X[:, batch], y[batch], reg)[1]
losses.append(softmax_loss_vectorized(self.W, X[:, batch], y[batch], reg)[0])
""",
}
