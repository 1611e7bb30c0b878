"""Remembers the best weights, and leaves the last ones in the model."""

FAILS = ["keep_best/the weights of the best epoch"]
HINT = "weights of the last epoch"
EDITS = {
    "if best is None or accuracies[-1] > max(accuracies[:-1]):": "if accuracies[-1] == max(accuracies):",
    "model.load_state_dict(best)": "",
}
