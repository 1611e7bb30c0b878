"""The derivative of ½e² is taken to be 2e: the ½ cancels."""

FAILS = ["loss-gradients"]
HINT = "The gradient of W2"
EDITS = {"doutputs = errors / N": "doutputs = 2 * errors / N"}
