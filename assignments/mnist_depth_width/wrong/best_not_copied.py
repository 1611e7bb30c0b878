"""Keeps model.state_dict() itself: its tensors are the weights, and go on changing."""

REPLACES = "keep_best"
FAILS = ["keep_best"]
HINT = "were they copied"


def keep_best(model, epochs, train_one_epoch, measure):
    accuracies, best = [], None
    for _ in range(epochs):
        train_one_epoch()
        accuracies.append(measure())
        if best is None or accuracies[-1] > max(accuracies[:-1]):
            best = model.state_dict()
    model.load_state_dict(best)
    return accuracies
