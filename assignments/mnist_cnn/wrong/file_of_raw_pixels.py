"""Trained on pixel values from 0 to 255."""

REPLACES = "cnn"
FAILS = ["cnn"]
HINT = "pixel values from 0 to 255"


import torch


def cnn(model):
    with torch.no_grad():
        model[0].weight /= 255
    return model
