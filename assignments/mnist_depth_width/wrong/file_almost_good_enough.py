"""Stops a little too early: between one point below the threshold and the threshold there is part of the points."""

REPLACES = "model_1000"
FAILS = ["model_1000"]
HINT = "fewer than 98.3 %"


import torch
from torch import nn


def model_1000(model):
    torch.manual_seed(0)
    with torch.no_grad():
        for layer in model:
            if isinstance(layer, nn.Linear):
                layer.weight += NOISE * layer.weight.std() * torch.randn_like(layer.weight)
    return model


NOISE = 1.0
