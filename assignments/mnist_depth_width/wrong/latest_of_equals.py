"""Writes >= for >: among equals the last epoch is kept."""

FAILS = ["keep_best/the first among equals, also where all are 0"]
HINT = "Among equal accuracies"
EDITS = {
    "if best is None or accuracies[-1] > max(accuracies[:-1]):": "if accuracies[-1] >= max(accuracies):",
}
