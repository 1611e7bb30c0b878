"""Remembers the best weights, and leaves the last ones in the model."""

REPLACES = "keep_best"
FAILS = ["keep_best"]
HINT = "weights of the last epoch"


def keep_best(model, epochs, train_one_epoch, measure):
    accuracies, best = [], None
    for _ in range(epochs):
        train_one_epoch()
        accuracies.append(measure())
        if accuracies[-1] == max(accuracies):
            best = copy.deepcopy(model.state_dict())
    return accuracies
