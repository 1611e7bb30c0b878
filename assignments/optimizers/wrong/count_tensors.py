"""Counts the entries of model.parameters(), which are tensors."""

REPLACES = "count_parameters"
FAILS = ["count_parameters"]
HINT = "each of them holds many numbers"


def count_parameters(model):
    return len(list(model.parameters()))
