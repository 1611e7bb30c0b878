"""Saves the weights without the mean image that was subtracted in training."""

REPLACES = "best_net"
FAILS = ["best_net"]
HINT = "does not hold"


def best_net(model):
    return {name: array for name, array in model.items() if name != "mean_image"}
