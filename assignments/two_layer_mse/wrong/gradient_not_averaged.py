"""The loss is a mean, but the gradients still add up all examples: both layers are wrong by it, and it costs one of them."""

FAILS = ["loss-gradients/the output layer"]
HINT = "the gradient has a 1/N like the loss"
EDITS = {"doutputs = errors / N": "doutputs = errors"}
