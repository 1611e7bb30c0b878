"""Thinks of a loss: keeps the weights with the smallest number."""

FAILS = ["keep_best/the weights of the best epoch"]
HINT = "lowest accuracy"
EDITS = {
    "if best is None or accuracies[-1] > max(accuracies[:-1]):":
        "if best is None or accuracies[-1] < min(accuracies[:-1]):",
}
