"""Trained on pixel values from 0 to 255; the network never saw scaled ones."""

REPLACES = "model_200"
FAILS = ["model_200"]
HINT = "pixel values from 0 to 255"


import torch
from torch import nn


def model_200(model):
    with torch.no_grad():
        next(layer for layer in model if isinstance(layer, nn.Linear)).weight /= 255
    return model
