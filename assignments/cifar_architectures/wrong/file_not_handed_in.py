"""Hands in the notebook alone."""

REPLACES = "logistic"
FAILS = ["logistic"]
HINT = "hand the file in with the notebook"


def logistic(model):
    return None
