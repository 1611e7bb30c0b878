"""Saves the weights without the mean image that was subtracted in training."""

REPLACES = "best_model"
FAILS = ["best_model"]
HINT = "does not hold"


def best_model(model):
    return {name: array for name, array in model.items() if name != "mean_image"}
