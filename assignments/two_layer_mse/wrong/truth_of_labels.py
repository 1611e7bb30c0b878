"""`if not np.any(y)` for `y is None`: a batch whose only label is 0 gets outputs instead of a loss."""

FAILS = ["loss-value"]
HINT = "number of results for a single label 0"
EDITS = {"if y is None:": "if y is None or not np.any(y):"}
