"""`if not np.any(y)` for `y is None`: a batch whose only label is 0 gets outputs instead of a loss."""

FAILS = ["loss-value"]
HINT = "Is `y is None` the question?"
EDITS = {"if y is None:": "if y is None or not np.any(y):"}
