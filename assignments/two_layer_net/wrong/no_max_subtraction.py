"""The formula as it stands in the book: fine until a score passes 709."""

FAILS = ["two_layer_net-loss", "two_layer_net-gradients"]
HINT = "subtract the largest score of each example"
EDITS = {"shifted = scores - scores.max(axis=1, keepdims=True)": "shifted = scores"}
