"""Saves the net as it was before training."""

import numpy as np

REPLACES = "best_model"
FAILS = ["best_model"]
HINT = "What do its learning curves say"


def best_model(model):
    rng = np.random.default_rng(0)
    return {name: array if name == "mean_image" else 1e-2 * rng.normal(size=array.shape) for name, array in model.items()}
