"""Compares with the epoch before, not with the best until now."""

FAILS = ["keep_best/the weights of the best epoch"]
HINT = "better than the one before it"
EDITS = {
    "if best is None or accuracies[-1] > max(accuracies[:-1]):":
        "if best is None or accuracies[-1] > accuracies[-2]:",
}
