"""Smaller networks of the same form, which are as good: nothing says that M must be the reference's."""

import torch

REPLACES = "extra"


def extra(model):
    return torch.nn.Sequential(*model, torch.nn.Identity())
