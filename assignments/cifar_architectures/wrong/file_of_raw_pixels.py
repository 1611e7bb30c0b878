"""Trained on pixels from 0 to 255."""

import torch

REPLACES = "logistic"
FAILS = ["logistic"]
HINT = "from 0 to 255"


def logistic(model):
    with torch.no_grad():
        next(model.parameters()).div_(255)
    return model
