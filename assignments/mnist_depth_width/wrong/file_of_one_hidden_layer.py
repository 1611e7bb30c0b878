"""Saves the network of the first budget under the second name."""

REPLACES = "model_200"
FAILS = ["model_200"]
HINT = "hidden layers; at least 2"


from torch import nn


def model_200(model):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 190), nn.ReLU(), nn.Linear(190, 10))
