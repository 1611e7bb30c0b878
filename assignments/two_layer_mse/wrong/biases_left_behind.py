"""Only the weights are moved."""

FAILS = ["train/the steps and their losses"]
HINT = "Only the weights move"
EDITS = {"for name in self.params:": 'for name in ("W1", "W2"):'}
