"""The file's network has layers that are not on the list."""

REPLACES = "model_1000"
FAILS = ["model_1000"]
HINT = "has a layer BatchNorm1d"


from torch import nn


def model_1000(model):
    layers = []
    for layer in model:
        layers.append(layer)
        if isinstance(layer, nn.Linear) and layer.out_features > 10:
            layers.append(nn.BatchNorm1d(layer.out_features))
    return nn.Sequential(*layers).eval()
