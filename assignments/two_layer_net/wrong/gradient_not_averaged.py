"""The loss is a mean, but the gradients still add up all examples."""

FAILS = ["two_layer_net-gradients/the second layer"]
HINT = "the gradient has a 1/N like the loss"
EDITS = {"dscores /= N": ""}
