"""Hands in the notebook alone; the weights stay on the laptop."""

REPLACES = "best_model"
FAILS = ["best_model"]
HINT = "hand the file in with the notebook"


def best_model(model):
    return None
