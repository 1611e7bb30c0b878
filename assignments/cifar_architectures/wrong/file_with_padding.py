"""The convolution pads."""

from torch import nn

REPLACES = "conv_maxpool"
FAILS = ["conv_maxpool"]
HINT = "has padding"


def conv_maxpool(model):
    return nn.Sequential(nn.Conv2d(3, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(4), nn.Flatten(), nn.Linear(8 * 8 * 8, 10))
