"""Adds batch norm, which usually helps, but is not on the list here."""

REPLACES = "build_model_1000"
FAILS = ["build_model_1000"]
HINT = "has a layer BatchNorm1d"


def build_model_1000():
    layers, width = [nn.Flatten()], 784
    for units in (500, 300, 200):
        layers += [nn.Linear(width, units), nn.BatchNorm1d(units), nn.ReLU()]
        width = units
    return nn.Sequential(*layers, nn.Linear(width, 10))
