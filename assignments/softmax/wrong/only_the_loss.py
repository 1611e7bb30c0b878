"""The gradient is computed and not returned."""

REPLACES = "softmax_loss_vectorized"
FAILS = ["softmax_loss_vectorized"]
HINT = "The function should return two things."
EDITS = {"return loss, dW": "return loss"}
