"""Assigning to the loop variable changes nothing."""

REPLACES = "zero_initialize"
FAILS = ["zero_initialize"]
HINT = "Not all parameters are 0"


def zero_initialize(model):
    for parameter in model.parameters():
        parameter = torch.zeros_like(parameter)
    return model
