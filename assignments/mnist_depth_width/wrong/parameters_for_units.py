"""Counts parameters, because the file's description shows them first."""

REPLACES = "count_hidden"
FAILS = ["count_hidden"]
HINT = "not of units"


def count_hidden(model):
    linear = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
    return sum(parameter.numel() for parameter in model.parameters()), len(linear) - 1
