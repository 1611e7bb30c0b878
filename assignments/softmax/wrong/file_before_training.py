"""Saves the weights as they were before training."""

import numpy as np

REPLACES = "best_softmax"
FAILS = ["best_softmax"]
HINT = "Was it trained on all 49,000 images"


def best_softmax(model):
    return {**model, "W": 1e-4 * np.random.default_rng(0).normal(size=model["W"].shape)}
