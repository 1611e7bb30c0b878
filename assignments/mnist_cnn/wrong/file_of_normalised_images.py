"""Subtracts the mean and divides by the standard deviation in training, as tutorials do, but not here."""

REPLACES = "cnn"
FAILS = ["cnn"]
HINT = "normalised once more"


import torch


def cnn(model):
    first = model[0]
    with torch.no_grad():
        first.bias += 0.1307 * first.weight.sum(dim=(1, 2, 3))
        first.weight *= 0.3081
    return model
