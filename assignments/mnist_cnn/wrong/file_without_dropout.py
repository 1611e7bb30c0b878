"""Leaves out the dropout in the network that is saved, since it does nothing in eval mode."""

REPLACES = "cnn"
FAILS = ["cnn"]
HINT = "does not use a layer Dropout"


from torch import nn


def cnn(model):
    return nn.Sequential(*(layer for layer in model if not isinstance(layer, nn.Dropout))).eval()
