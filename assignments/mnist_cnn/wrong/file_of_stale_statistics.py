"""Batch norm's averages are those of a new network: the network was only ever measured in train mode."""

REPLACES = "cnn"
FAILS = ["cnn"]
HINT = "fewer than 98.5 %"


from torch import nn


def cnn(model):
    for layer in model:
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
    return model
