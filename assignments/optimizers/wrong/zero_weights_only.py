"""Only the weights are set to 0; biases are forgotten."""

REPLACES = "zero_initialize"
FAILS = ["zero_initialize"]
HINT = "Biases are parameters too"


def zero_initialize(model):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("weight"):
                parameter.zero_()
    return model
