"""A softmax at the end: trained with two of them."""

from torch import nn

REPLACES = "conv_maxpool"
FAILS = ["conv_maxpool"]
HINT = "only Conv2d, ReLU"


def conv_maxpool(model):
    return nn.Sequential(*model, nn.Softmax(dim=1))
