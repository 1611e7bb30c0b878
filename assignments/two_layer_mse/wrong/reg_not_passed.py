"""reg is not handed to the loss."""

FAILS = ["train/the steps and their losses"]
HINT = "Does the loss get the argument `reg`?"
EDITS = {
    "loss, grads = self.loss(X[batch], y[batch], reg)": "loss, grads = self.loss(X[batch], y[batch])",
}
