"""Of equal ones the last wins."""

FAILS = ["tune/equal accuracies"]
HINT = "the first wins if equal"
EDITS = {"if accuracy > best:": "if accuracy >= best:"}
