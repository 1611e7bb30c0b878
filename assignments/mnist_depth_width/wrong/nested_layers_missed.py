"""Loops over the outermost nn.Sequential only: a network inside another has no layers then."""

REPLACES = "count_hidden"
FAILS = ["count_hidden"]
HINT = "a network may be inside another"


def count_hidden(model):
    widths = [layer.out_features for layer in model if isinstance(layer, nn.Linear)]
    return sum(widths[:-1]), max(len(widths) - 1, 0)
