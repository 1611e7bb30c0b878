"""Hands in weights with pixels down and classes across."""

REPLACES = "best_softmax"
FAILS = ["best_softmax"]
HINT = "shape"


def best_softmax(model):
    return {**model, "W": model["W"].T.copy()}
