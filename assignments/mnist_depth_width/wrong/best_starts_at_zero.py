"""The best accuracy starts at 0, so an accuracy of 0 is never an improvement and nothing is kept."""

FAILS = ["keep_best/the first among equals, also where all are 0"]
HINT = "load_state_dict"
EDITS = {
    "accuracies, best = [], None": "accuracies, best_accuracy, best = [], 0.0, None",
    "if best is None or accuracies[-1] > max(accuracies[:-1]):": "if accuracies[-1] > best_accuracy:",
    "best = copy.deepcopy(model.state_dict())":
        "best_accuracy, best = accuracies[-1], copy.deepcopy(model.state_dict())",
}
