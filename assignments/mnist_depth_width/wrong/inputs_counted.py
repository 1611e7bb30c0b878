"""Adds up in_features: the 784 pixels become hidden units."""

REPLACES = "count_hidden"
FAILS = ["count_hidden"]
HINT = "The inputs are counted"


def count_hidden(model):
    widths = [layer.in_features for layer in model.modules() if isinstance(layer, nn.Linear)]
    return sum(widths), len(widths) - 1
