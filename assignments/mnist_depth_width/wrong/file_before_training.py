"""Saves the network before it has learned anything."""

REPLACES = "model_1000"
FAILS = ["model_1000"]
HINT = "fewer than 98.3 %"


import torch
from torch import nn


def model_1000(model):
    torch.manual_seed(0)
    for layer in model:
        if isinstance(layer, nn.Linear):
            layer.reset_parameters()
    return model
