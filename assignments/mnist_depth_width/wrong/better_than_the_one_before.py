"""Compares with the epoch before, not with the best until now."""

REPLACES = "keep_best"
FAILS = ["keep_best"]
HINT = "better than the one before it"


def keep_best(model, epochs, train_one_epoch, measure):
    accuracies, best = [], None
    for _ in range(epochs):
        train_one_epoch()
        accuracies.append(measure())
        if best is None or accuracies[-1] > accuracies[-2]:
            best = copy.deepcopy(model.state_dict())
    model.load_state_dict(best)
    return accuracies
