"""Takes every Linear layer for a hidden one, the one that gives the scores too."""

REPLACES = "count_hidden"
FAILS = ["count_hidden"]
HINT = "it gives the scores"


def count_hidden(model):
    widths = [layer.out_features for layer in model.modules() if isinstance(layer, nn.Linear)]
    return sum(widths), len(widths)
