"""Saves the network before it is trained."""

import torch
from torch import nn

REPLACES = "one_hidden"
FAILS = ["one_hidden"]
HINT = "right on fewer than"


def one_hidden(model):
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(3072, 100), nn.ReLU(), nn.Linear(100, 10))
