"""Returns the best accuracy instead of all of them."""

REPLACES = "keep_best"
FAILS = ["keep_best/one training and one measurement an epoch; what is returned"]
HINT = "after each epoch"


def keep_best(model, epochs, train_one_epoch, measure):
    best_accuracy, best = -1.0, None
    for _ in range(epochs):
        train_one_epoch()
        accuracy = measure()
        if accuracy > best_accuracy:
            best_accuracy, best = accuracy, copy.deepcopy(model.state_dict())
    model.load_state_dict(best)
    return best_accuracy
