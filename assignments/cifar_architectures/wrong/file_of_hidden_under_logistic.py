"""A network with a hidden layer is handed in under the name of the linear one."""

from torch import nn

REPLACES = "logistic"
FAILS = ["logistic"]
HINT = "only Flatten, Linear"


def logistic(model):
    return nn.Sequential(nn.Flatten(), nn.Linear(3072, 20), nn.ReLU(), nn.Linear(20, 10))
