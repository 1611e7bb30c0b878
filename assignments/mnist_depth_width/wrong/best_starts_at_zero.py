"""The best accuracy starts at 0, so an accuracy of 0 is never an improvement and nothing is kept."""

REPLACES = "keep_best"
FAILS = ["keep_best"]
HINT = "load_state_dict"


def keep_best(model, epochs, train_one_epoch, measure):
    accuracies, best_accuracy, best = [], 0.0, None
    for _ in range(epochs):
        train_one_epoch()
        accuracies.append(measure())
        if accuracies[-1] > best_accuracy:
            best_accuracy, best = accuracies[-1], copy.deepcopy(model.state_dict())
    model.load_state_dict(best)
    return accuracies
