"""Trains a larger network than the function builds, and saves that one."""

REPLACES = "model_100"
FAILS = ["model_100"]
HINT = "at most 100 are allowed"


import torch
from torch import nn


def model_100(model):
    hidden, last = (layer for layer in model if isinstance(layer, nn.Linear))
    wide = nn.Sequential(nn.Flatten(), nn.Linear(784, 120), nn.ReLU(), nn.Linear(120, 10))
    with torch.no_grad():
        for new, old in ((wide[1], hidden), (wide[3], last)):
            new.weight.zero_()
            new.weight[:old.weight.shape[0], :old.weight.shape[1]] = old.weight
            new.bias.zero_()
            new.bias[:len(old.bias)] = old.bias
    return wide
