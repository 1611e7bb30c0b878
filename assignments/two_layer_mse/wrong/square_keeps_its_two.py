"""The derivative of ½e² is taken to be 2e: the ½ cancels."""

FAILS = ["loss-gradients/the output layer"]
HINT = "The derivative of half a square has no 2 left"
EDITS = {"doutputs = errors / N": "doutputs = 2 * errors / N"}
