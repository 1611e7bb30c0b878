"""Saves the network before it has learned anything."""

REPLACES = "cnn"
FAILS = ["cnn"]
HINT = "fewer than 98.5 %"


import torch


def cnn(model):
    torch.manual_seed(0)
    for layer in model.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    return model
