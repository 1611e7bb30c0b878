"""Two hidden layers, because they are better."""

from torch import nn

REPLACES = "one_hidden"
FAILS = ["one_hidden"]
HINT = "should have 2"


def one_hidden(model):
    return nn.Sequential(nn.Flatten(), nn.Linear(3072, 50), nn.ReLU(), nn.Linear(50, 50), nn.ReLU(), nn.Linear(50, 10))
