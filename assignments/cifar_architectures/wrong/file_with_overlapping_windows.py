"""The pooling windows overlap."""

from torch import nn

REPLACES = "conv_maxpool"
FAILS = ["conv_maxpool"]
HINT = "side by side"


def conv_maxpool(model):
    return nn.Sequential(nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(4, stride=2), nn.Flatten(), nn.Linear(8 * 13 * 13, 10))
