"""Writes >= for >: among equals the last epoch is kept."""

REPLACES = "keep_best"
FAILS = ["keep_best"]
HINT = "Among equal accuracies"


def keep_best(model, epochs, train_one_epoch, measure):
    accuracies, best = [], None
    for _ in range(epochs):
        train_one_epoch()
        accuracies.append(measure())
        if accuracies[-1] >= max(accuracies):
            best = copy.deepcopy(model.state_dict())
    model.load_state_dict(best)
    return accuracies
