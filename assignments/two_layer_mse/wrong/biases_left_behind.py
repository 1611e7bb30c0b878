"""Only the weights are moved."""

FAILS = ["train/the steps and their losses"]
HINT = "Only the weights move"
FREQUENCY = "1 of 15 public solutions"
EDITS = {"for name in self.params:": 'for name in ("W1", "W2"):'}
