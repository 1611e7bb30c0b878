"""Fills all that a model stores with zeros, the running variance of batch norm too."""

REPLACES = "zero_initialize"
FAILS = ["zero_initialize"]
HINT = "That is no parameter"


def zero_initialize(model):
    model.load_state_dict({name: torch.zeros_like(value) for name, value in model.state_dict().items()})
    return model
