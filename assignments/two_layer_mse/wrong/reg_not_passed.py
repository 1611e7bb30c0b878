"""reg is not handed to the loss."""

FAILS = ["train/the steps and their losses"]
HINT = "Is the argument `reg` passed on"
EDITS = {
    "loss, grads = self.loss(X[batch], y[batch], reg)": "loss, grads = self.loss(X[batch], y[batch])",
}
