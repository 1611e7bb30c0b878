"""Hands in the notebook alone; the weights stay on the laptop."""

REPLACES = "best_softmax"
FAILS = ["best_softmax"]
HINT = "hand the file in with the notebook"


def best_softmax(model):
    return None
