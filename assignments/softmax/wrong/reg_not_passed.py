"""The argument reg is there but never handed to the loss."""

FAILS = ["train/the steps"]
HINT = "Is the argument `reg` passed on"
EDITS = {
    "loss, dW = softmax_loss_vectorized(self.W, X[:, batch], y[batch], reg)":
        "loss, dW = softmax_loss_vectorized(self.W, X[:, batch], y[batch], 0.0)",
}
