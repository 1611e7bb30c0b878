"""The formula as it stands in the book: fine until a score passes 709."""

FAILS = ["two_layer_net-loss/large scores, in loss and gradients"]
HINT = "subtract the largest score of each example"
FREQUENCY = "6 of 16 public solutions"
EDITS = {"shifted = scores - scores.max(axis=1, keepdims=True)": "shifted = scores"}
