"""Thinks of a loss: keeps the weights with the smallest number."""

REPLACES = "keep_best"
FAILS = ["keep_best"]
HINT = "lowest accuracy"


def keep_best(model, epochs, train_one_epoch, measure):
    accuracies, best = [], None
    for _ in range(epochs):
        train_one_epoch()
        accuracies.append(measure())
        if best is None or accuracies[-1] < min(accuracies[:-1]):
            best = copy.deepcopy(model.state_dict())
    model.load_state_dict(best)
    return accuracies
