"""Takes every layer with ten outputs for the last one."""

REPLACES = "count_hidden"
FAILS = ["count_hidden"]
HINT = "Layers with 10 outputs are left out"


def count_hidden(model):
    widths = [m.out_features for m in model.modules() if isinstance(m, nn.Linear)]
    widths = [width for width in widths if width != 10]
    return sum(widths), len(widths)
