"""Hands in the notebook alone."""

REPLACES = "cnn"
FAILS = ["cnn"]
HINT = "hand the file in with the notebook"


def cnn(model):
    return None
