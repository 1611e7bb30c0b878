"""Leaves the ten scores out of the units, but counts their layer."""

REPLACES = "count_hidden"
FAILS = ["count_hidden"]
HINT = "The units are right"


def count_hidden(model):
    widths = [layer.out_features for layer in model.modules() if isinstance(layer, nn.Linear)]
    return sum(widths[:-1]), len(widths)
