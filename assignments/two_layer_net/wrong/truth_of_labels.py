"""`if not np.any(y)` for `y is None`: a batch whose only label is 0 gets scores instead of a loss."""

FAILS = ["two_layer_net-loss/the loss"]
HINT = "for a single label 0"
EDITS = {"if y is None:": "if y is None or not np.any(y):"}
