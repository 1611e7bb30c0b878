"""A thousand hidden units."""

from torch import nn

REPLACES = "one_hidden"
FAILS = ["one_hidden"]
HINT = "at most 2,000,000"


def one_hidden(model):
    return nn.Sequential(nn.Flatten(), nn.Linear(3072, 1000), nn.ReLU(), nn.Linear(1000, 10))
