"""Thinks of a loss: keeps the weights with the smallest number."""

FAILS = ["keep_best"]
HINT = "lowest accuracy"
EDITS = {
    "if best is None or accuracies[-1] > max(accuracies[:-1]):":
        "if best is None or accuracies[-1] < min(accuracies[:-1]):",
}
