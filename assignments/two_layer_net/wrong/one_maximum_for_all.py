"""`scores - scores.max()`: one number is subtracted from all examples, and others become 0/0."""

FAILS = ["two_layer_net-loss/large scores, in loss and gradients"]
HINT = "of *each example*"
FREQUENCY = "2 of 16 public solutions"
EDITS = {"shifted = scores - scores.max(axis=1, keepdims=True)": "shifted = scores - scores.max()"}
