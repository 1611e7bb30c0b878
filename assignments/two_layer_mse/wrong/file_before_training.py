"""Saves the net as it was before training."""

import numpy as np

REPLACES = "best_net"
FAILS = ["best_net"]
HINT = "Which learning rate did best"


def best_net(model):
    rng = np.random.default_rng(0)
    return {name: array if name == "mean_image" else 1e-2 * rng.normal(size=array.shape) for name, array in model.items()}
