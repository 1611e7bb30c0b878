"""Hands in the notebook alone; the weights stay on the laptop."""

REPLACES = "model_100"
FAILS = ["model_100"]
HINT = "hand the file in with the notebook"


def model_100(model):
    return None
