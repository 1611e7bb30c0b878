"""Saves the weights without the mean image that was subtracted in training."""

REPLACES = "best_softmax"
FAILS = ["best_softmax"]
HINT = "does not hold"


def best_softmax(model):
    return {name: array for name, array in model.items() if name != "mean_image"}
