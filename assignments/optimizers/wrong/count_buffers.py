"""The state dict looks like a list of the parameters, but has batch norm's statistics too."""

REPLACES = "count_parameters"
FAILS = ["count_parameters"]
HINT = "they are not learned"


def count_parameters(model):
    return sum(value.numel() for value in model.state_dict().values())
